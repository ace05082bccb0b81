package mail

import (
	"strconv"
	"strings"
	"time"

	"purvey"
)

// words are the sentences of mails in one language.
type words struct {
	Lang   string
	Date   string // of {d}, {m} and {y}
	Months string // from January, with spaces between
	Hello  string
	Mails  map[purvey.MessageKind]Wording // the built-in ones

	// Buttons.
	Open, Answer, NewPassword, Accept string
	// What stands beside the wording.
	KeysTitle, KeyFollows, News, LinkNote, CodeNote, Customer, Copies, Until, TheirWords, ShopWords, ReplyNote string
	// The foot.
	Footer, FooterCode, FooterShop, Questions, Help string
}

// wordsOf gives the words for a locale such as "pt-BR"; English for others.
func wordsOf(locale string) words {
	lang, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(locale, "_", "-")), "-")
	for _, w := range languages {
		if w.Lang == lang {
			return w
		}
	}
	return languages[0]
}

// day writes a date: 4 March 2026.
func (w words) day(t time.Time) string {
	month := strings.Fields(w.Months)[t.Month()-1]
	return strings.NewReplacer("{d}", strconv.Itoa(t.Day()), "{m}", month, "{y}", strconv.Itoa(t.Year())).Replace(w.Date)
}

// Locales lists the languages of mails; the first is the one of last resort.
func Locales() []string {
	out := make([]string, len(languages))
	for i, w := range languages {
		out[i] = w.Lang
	}
	return out
}

var languages = []words{
	{
		Lang: "en", Date: "{d} {m} {y}", Months: "January February March April May June July August September October November December",
		Hello: "Hello",
		Mails: map[purvey.MessageKind]Wording{
			purvey.MailDelivery:          {Subject: "Your order {order} from {shop}", Intro: "Thank you for your order {order}. Everything you bought is ready on your own page."},
			purvey.MailKeyFollows:        {Subject: "Order {order}: your key will follow", Intro: "Thank you for your order {order}. Your licence key is not in stock at this moment; we will send it as soon as it is."},
			purvey.MailFilesUpdated:      {Subject: "New files for your order {order}", Intro: "A product of your order {order} has new files. They are on your page."},
			purvey.MailLoginCode:         {Subject: "{code} is your code for {shop}", Intro: "Enter this code to sign in. It is valid for {minutes} minutes."},
			purvey.MailDownloadsGranted:  {Subject: "More downloads for your order {order}", Intro: "{shop} has opened your downloads of {products} again. They are on your page."},
			purvey.MailDownloadsDeclined: {Subject: "Your request about order {order}", Intro: "You asked for more downloads of {products}. The shop cannot grant them at this time."},
			purvey.MailDownloadRequest:   {Subject: "{name} needs more downloads, order {order}", Intro: "A customer asks for more downloads of {products}."},
			purvey.MailTest:              {Subject: "Mail from {shop} works", Intro: "This is a test. You read it, so the way from {shop} to this mailbox works."},
			purvey.MailPasswordReset:     {Subject: "A new password for {shop}", Intro: "Somebody, probably you, asked for a new password for the back office of {shop}. The button below is good for {minutes} minutes and works once."},
			purvey.MailInvitation:        {Subject: "You are invited to {shop}", Intro: "You are invited to the back office of {shop}. Choose a password, and you are in."},
		},
		Open:        "Open your downloads",
		Answer:      "Answer the request",
		NewPassword: "Choose a new password",
		Accept:      "Accept the invitation",
		KeysTitle:   "Licence keys",
		KeyFollows:  "The key will follow in another mail.",
		News:        "What is new",
		LinkNote:    "If the button does not work, copy this address into your browser:",
		CodeNote:    "If you did not ask for it, you need do nothing.",
		Footer:      "You receive this mail because of an order at {shop}.",
		FooterCode:  "You receive this mail because this address was entered to sign in at {shop}.",
		FooterShop:  "You receive this mail because you look after {shop}.",
		Questions:   "Questions? Write to",
		Help:        "Help",
		Customer:    "Customer",
		Copies:      "Copies of each file",
		Until:       "Available until",
		TheirWords:  "The customer writes",
		ShopWords:   "The shop writes",
		ReplyNote:   "A reply to this mail goes to the customer.",
	},
	{
		Lang: "es", Date: "{d} de {m} de {y}", Months: "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
		Hello: "Hola",
		Mails: map[purvey.MessageKind]Wording{
			purvey.MailDelivery:          {Subject: "Tu pedido {order} de {shop}", Intro: "Gracias por tu pedido {order}. Todo lo que compraste está listo en tu página."},
			purvey.MailKeyFollows:        {Subject: "Pedido {order}: tu clave llegará pronto", Intro: "Gracias por tu pedido {order}. Tu clave de licencia no está disponible en este momento; te la enviaremos en cuanto lo esté."},
			purvey.MailFilesUpdated:      {Subject: "Archivos nuevos para tu pedido {order}", Intro: "Un producto de tu pedido {order} tiene archivos nuevos. Están en tu página."},
			purvey.MailLoginCode:         {Subject: "{code} es tu código para {shop}", Intro: "Escribe este código para entrar. Vale durante {minutes} minutos."},
			purvey.MailDownloadsGranted:  {Subject: "Más descargas para tu pedido {order}", Intro: "{shop} ha abierto de nuevo tus descargas de {products}. Están en tu página."},
			purvey.MailDownloadsDeclined: {Subject: "Tu solicitud sobre el pedido {order}", Intro: "Pediste más descargas de {products}. La tienda no puede darlas en este momento."},
			purvey.MailDownloadRequest:   {Subject: "{name} necesita más descargas, pedido {order}", Intro: "Un cliente pide más descargas de {products}."},
			purvey.MailTest:              {Subject: "El correo de {shop} funciona", Intro: "Esto es una prueba. Si la lees, el camino de {shop} a este buzón funciona."},
			purvey.MailPasswordReset:     {Subject: "Una contraseña nueva para {shop}", Intro: "Alguien, probablemente tú, pidió una contraseña nueva para la administración de {shop}. El botón vale {minutes} minutos y una sola vez."},
			purvey.MailInvitation:        {Subject: "Te invitan a {shop}", Intro: "Te invitan a la administración de {shop}. Elige una contraseña y ya estás dentro."},
		},
		Open:        "Abrir tus descargas",
		Answer:      "Responder a la solicitud",
		NewPassword: "Elegir una contraseña nueva",
		Accept:      "Aceptar la invitación",
		KeysTitle:   "Claves de licencia",
		KeyFollows:  "La clave llegará en otro correo.",
		News:        "Novedades",
		LinkNote:    "Si el botón no funciona, copia esta dirección en tu navegador:",
		CodeNote:    "Si no lo pediste, no tienes que hacer nada.",
		Footer:      "Recibes este correo por un pedido en {shop}.",
		FooterCode:  "Recibes este correo porque alguien escribió esta dirección para entrar en {shop}.",
		FooterShop:  "Recibes este correo porque te ocupas de {shop}.",
		Questions:   "¿Preguntas? Escribe a",
		Help:        "Ayuda",
		Customer:    "Cliente",
		Copies:      "Copias de cada archivo",
		Until:       "Disponible hasta",
		TheirWords:  "El cliente escribe",
		ShopWords:   "La tienda escribe",
		ReplyNote:   "Si respondes a este correo, la respuesta llega al cliente.",
	},
	{
		Lang: "pt", Date: "{d} de {m} de {y}", Months: "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
		Hello: "Olá",
		Mails: map[purvey.MessageKind]Wording{
			purvey.MailDelivery:          {Subject: "O seu pedido {order} de {shop}", Intro: "Obrigado pelo seu pedido {order}. Tudo o que comprou está pronto na sua página."},
			purvey.MailKeyFollows:        {Subject: "Pedido {order}: a sua chave chegará em breve", Intro: "Obrigado pelo seu pedido {order}. A sua chave de licença não está disponível neste momento; vamos enviá-la assim que estiver."},
			purvey.MailFilesUpdated:      {Subject: "Novos arquivos para o seu pedido {order}", Intro: "Um produto do seu pedido {order} tem novos arquivos. Estão na sua página."},
			purvey.MailLoginCode:         {Subject: "{code} é o seu código para {shop}", Intro: "Digite este código para entrar. É válido por {minutes} minutos."},
			purvey.MailDownloadsGranted:  {Subject: "Mais downloads para o seu pedido {order}", Intro: "{shop} reabriu os seus downloads de {products}. Estão na sua página."},
			purvey.MailDownloadsDeclined: {Subject: "O seu pedido de downloads, {order}", Intro: "Pediu mais downloads de {products}. A loja não os pode dar neste momento."},
			purvey.MailDownloadRequest:   {Subject: "{name} precisa de mais downloads, pedido {order}", Intro: "Um cliente pede mais downloads de {products}."},
			purvey.MailTest:              {Subject: "O e-mail de {shop} funciona", Intro: "Isto é um teste. Se o lê, o caminho de {shop} até esta caixa funciona."},
			purvey.MailPasswordReset:     {Subject: "Uma nova senha para {shop}", Intro: "Alguém, provavelmente você, pediu uma nova senha para a administração de {shop}. O botão vale {minutes} minutos e uma só vez."},
			purvey.MailInvitation:        {Subject: "Foi convidado para {shop}", Intro: "Foi convidado para a administração de {shop}. Escolha uma senha e já está dentro."},
		},
		Open:        "Abrir os seus downloads",
		Answer:      "Responder ao pedido",
		NewPassword: "Escolher uma nova senha",
		Accept:      "Aceitar o convite",
		KeysTitle:   "Chaves de licença",
		KeyFollows:  "A chave chegará em outro e-mail.",
		News:        "Novidades",
		LinkNote:    "Se o botão não funcionar, copie este endereço para o navegador:",
		CodeNote:    "Se não o pediu, não precisa fazer nada.",
		Footer:      "Recebe este e-mail por causa de um pedido em {shop}.",
		FooterCode:  "Recebe este e-mail porque este endereço foi usado para entrar em {shop}.",
		FooterShop:  "Recebe este e-mail porque cuida de {shop}.",
		Questions:   "Dúvidas? Escreva para",
		Help:        "Ajuda",
		Customer:    "Cliente",
		Copies:      "Cópias de cada arquivo",
		Until:       "Disponível até",
		TheirWords:  "O cliente escreve",
		ShopWords:   "A loja escreve",
		ReplyNote:   "Uma resposta a este e-mail vai para o cliente.",
	},
	{
		Lang: "de", Date: "{d}. {m} {y}", Months: "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
		Hello: "Guten Tag",
		Mails: map[purvey.MessageKind]Wording{
			purvey.MailDelivery:          {Subject: "Ihre Bestellung {order} bei {shop}", Intro: "Vielen Dank für Ihre Bestellung {order}. Alles, was Sie gekauft haben, liegt auf Ihrer Seite bereit."},
			purvey.MailKeyFollows:        {Subject: "Bestellung {order}: Ihr Schlüssel folgt", Intro: "Vielen Dank für Ihre Bestellung {order}. Ihr Lizenzschlüssel ist im Moment nicht vorrätig; wir senden ihn, sobald er da ist."},
			purvey.MailFilesUpdated:      {Subject: "Neue Dateien zu Ihrer Bestellung {order}", Intro: "Ein Produkt Ihrer Bestellung {order} hat neue Dateien. Sie liegen auf Ihrer Seite."},
			purvey.MailLoginCode:         {Subject: "{code} ist Ihr Code für {shop}", Intro: "Geben Sie diesen Code ein, um sich anzumelden. Er gilt {minutes} Minuten."},
			purvey.MailDownloadsGranted:  {Subject: "Mehr Downloads zu Ihrer Bestellung {order}", Intro: "{shop} hat Ihre Downloads von {products} wieder geöffnet. Sie liegen auf Ihrer Seite."},
			purvey.MailDownloadsDeclined: {Subject: "Ihre Anfrage zur Bestellung {order}", Intro: "Sie haben um weitere Downloads von {products} gebeten. Der Shop kann sie zurzeit nicht geben."},
			purvey.MailDownloadRequest:   {Subject: "{name} braucht mehr Downloads, Bestellung {order}", Intro: "Ein Kunde bittet um weitere Downloads von {products}."},
			purvey.MailTest:              {Subject: "E-Mail von {shop} kommt an", Intro: "Dies ist ein Test. Sie lesen ihn, also funktioniert der Weg von {shop} zu diesem Postfach."},
			purvey.MailPasswordReset:     {Subject: "Ein neues Passwort für {shop}", Intro: "Jemand, vermutlich Sie, hat ein neues Passwort für die Verwaltung von {shop} angefordert. Die Schaltfläche gilt {minutes} Minuten und einmal."},
			purvey.MailInvitation:        {Subject: "Einladung zu {shop}", Intro: "Sie sind zur Verwaltung von {shop} eingeladen. Wählen Sie ein Passwort, und schon sind Sie dabei."},
		},
		Open:        "Downloads öffnen",
		Answer:      "Anfrage beantworten",
		NewPassword: "Neues Passwort wählen",
		Accept:      "Einladung annehmen",
		KeysTitle:   "Lizenzschlüssel",
		KeyFollows:  "Der Schlüssel folgt in einer weiteren E-Mail.",
		News:        "Was neu ist",
		LinkNote:    "Falls die Schaltfläche nicht funktioniert, kopieren Sie diese Adresse in Ihren Browser:",
		CodeNote:    "Falls Sie das nicht angefordert haben, müssen Sie nichts tun.",
		Footer:      "Sie erhalten diese E-Mail wegen einer Bestellung bei {shop}.",
		FooterCode:  "Sie erhalten diese E-Mail, weil diese Adresse zur Anmeldung bei {shop} eingegeben wurde.",
		FooterShop:  "Sie erhalten diese E-Mail, weil Sie {shop} betreuen.",
		Questions:   "Fragen? Schreiben Sie an",
		Help:        "Hilfe",
		Customer:    "Kunde",
		Copies:      "Kopien jeder Datei",
		Until:       "Verfügbar bis",
		TheirWords:  "Der Kunde schreibt",
		ShopWords:   "Der Shop schreibt",
		ReplyNote:   "Eine Antwort auf diese E-Mail geht an den Kunden.",
	},
	{
		Lang: "fr", Date: "{d} {m} {y}", Months: "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
		Hello: "Bonjour",
		Mails: map[purvey.MessageKind]Wording{
			purvey.MailDelivery:          {Subject: "Votre commande {order} chez {shop}", Intro: "Merci pour votre commande {order}. Tout ce que vous avez acheté est prêt sur votre page."},
			purvey.MailKeyFollows:        {Subject: "Commande {order} : votre clé suivra", Intro: "Merci pour votre commande {order}. Votre clé de licence n’est pas disponible pour le moment ; nous l’enverrons dès qu’elle le sera."},
			purvey.MailFilesUpdated:      {Subject: "Nouveaux fichiers pour votre commande {order}", Intro: "Un produit de votre commande {order} a de nouveaux fichiers. Ils sont sur votre page."},
			purvey.MailLoginCode:         {Subject: "{code} est votre code pour {shop}", Intro: "Saisissez ce code pour vous connecter. Il est valable {minutes} minutes."},
			purvey.MailDownloadsGranted:  {Subject: "Plus de téléchargements pour votre commande {order}", Intro: "{shop} a rouvert vos téléchargements de {products}. Ils sont sur votre page."},
			purvey.MailDownloadsDeclined: {Subject: "Votre demande pour la commande {order}", Intro: "Vous avez demandé plus de téléchargements de {products}. La boutique ne peut pas les accorder pour le moment."},
			purvey.MailDownloadRequest:   {Subject: "{name} a besoin de téléchargements, commande {order}", Intro: "Un client demande plus de téléchargements de {products}."},
			purvey.MailTest:              {Subject: "Le courrier de {shop} fonctionne", Intro: "Ceci est un essai. Vous le lisez, donc le chemin de {shop} à cette boîte fonctionne."},
			purvey.MailPasswordReset:     {Subject: "Un nouveau mot de passe pour {shop}", Intro: "Quelqu’un, sans doute vous, a demandé un nouveau mot de passe pour l’administration de {shop}. Le bouton vaut {minutes} minutes et une seule fois."},
			purvey.MailInvitation:        {Subject: "Vous êtes invité chez {shop}", Intro: "Vous êtes invité à l’administration de {shop}. Choisissez un mot de passe et vous y êtes."},
		},
		Open:        "Ouvrir vos téléchargements",
		Answer:      "Répondre à la demande",
		NewPassword: "Choisir un nouveau mot de passe",
		Accept:      "Accepter l’invitation",
		KeysTitle:   "Clés de licence",
		KeyFollows:  "La clé suivra dans un autre message.",
		News:        "Nouveautés",
		LinkNote:    "Si le bouton ne fonctionne pas, copiez cette adresse dans votre navigateur :",
		CodeNote:    "Si vous ne l’avez pas demandé, vous n’avez rien à faire.",
		Footer:      "Vous recevez ce message à cause d’une commande chez {shop}.",
		FooterCode:  "Vous recevez ce message parce que cette adresse a été saisie pour se connecter chez {shop}.",
		FooterShop:  "Vous recevez ce message parce que vous vous occupez de {shop}.",
		Questions:   "Des questions ? Écrivez à",
		Help:        "Aide",
		Customer:    "Client",
		Copies:      "Copies de chaque fichier",
		Until:       "Disponible jusqu’au",
		TheirWords:  "Le client écrit",
		ShopWords:   "La boutique écrit",
		ReplyNote:   "Une réponse à ce message va au client.",
	},
}
