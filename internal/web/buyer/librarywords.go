package buyer

import "purvey/internal/web/page"

// libraryWords are the sentences of a customer's library and of signing in to
// it. {shop}, {email}, {order}, {date}, {query}, {version} and {minutes} are
// filled in.
type libraryWords struct {
	Title       string
	SignInTitle string
	SignInIntro string
	Email       string
	SendCode    string
	CodeTitle   string
	CodeIntro   string
	Code        string
	SignIn      string
	Another     string
	WrongEmail  string
	WrongCode   string
	TooMany     string
	FindTitle   string
	FindIntro   string
	OrderNumber string
	SendLink    string
	FindSent    string
	SignedIn    string
	SignOut     string
	SignOutAll  string
	Search      string
	SearchIn    string
	All         string
	Nothing     string
	NotFound    string
	Older       string
	Order       string
	Open        string
	Copy        string
	Copied      string
	Version     string
	Later       string  // of a page that ends: where its goods are found later
	Over        refusal // of such a page, when it has ended
}

func libraryWordsOf(l page.Language) libraryWords {
	if w, ok := libraryLanguages[l]; ok {
		return w
	}
	return libraryLanguages["en"]
}

var libraryLanguages = map[page.Language]libraryWords{
	"en": {
		Title: "Your library", SignInTitle: "Sign in to your library",
		SignInIntro: "Everything you bought from {shop} in one place. Enter the address you bought with, and we send you a code.",
		Email:       "E-mail address", SendCode: "Send me a code",
		CodeTitle: "Enter your code", CodeIntro: "If the address belongs to a customer of {shop}, a code of six digits is on its way to it. It is valid for {minutes} minutes.",
		Code: "Code", SignIn: "Sign in", Another: "Use another address",
		WrongEmail: "That does not look like an e-mail address.", WrongCode: "This code is wrong or no longer valid. After five tries you need a new one.",
		TooMany:   "Too many requests. Please try again in {minutes} minutes.",
		FindTitle: "Looking for one order?", FindIntro: "Tell us its number, and we send a fresh link to the address it was bought with.", OrderNumber: "Order number", SendLink: "Send me the link",
		FindSent: "If there is such an order of that address, a mail with a fresh link is on its way.",
		SignedIn: "Signed in as {email}", SignOut: "Sign out", SignOutAll: "Sign out everywhere",
		Search: "Search", SearchIn: "Product or order number", All: "Show all", Nothing: "There is nothing here yet.", NotFound: "Nothing found for “{query}”.", Older: "Older purchases",
		Order: "Order {order}", Open: "Open the page of this order", Copy: "Copy", Copied: "Copied",
		Version: "Version {version}", Later: "This link ends. If you bought with your e-mail address, you find everything again in",
		Over: refusal{"This download link has expired", "Links like this one last for a short time. Or the address was copied only in part.", "Sign in to your library with the e-mail address you bought with; there you get a fresh one."},
	},
	"es": {
		Title: "Tu biblioteca", SignInTitle: "Entra en tu biblioteca",
		SignInIntro: "Todo lo que compraste en {shop}, en un solo lugar. Escribe la dirección con la que compraste y te enviaremos un código.",
		Email:       "Correo electrónico", SendCode: "Enviarme un código",
		CodeTitle: "Escribe tu código", CodeIntro: "Si la dirección es de un cliente de {shop}, le llegará un código de seis cifras. Vale durante {minutes} minutos.",
		Code: "Código", SignIn: "Entrar", Another: "Usar otra dirección",
		WrongEmail: "Eso no parece una dirección de correo.", WrongCode: "El código no es correcto o ya no vale. Tras cinco intentos necesitas uno nuevo.",
		TooMany:   "Demasiadas solicitudes. Inténtalo de nuevo dentro de {minutes} minutos.",
		FindTitle: "¿Buscas un solo pedido?", FindIntro: "Dinos su número y enviaremos un enlace nuevo a la dirección con la que se compró.", OrderNumber: "Número de pedido", SendLink: "Enviarme el enlace",
		FindSent: "Si existe ese pedido con esa dirección, le llegará un correo con un enlace nuevo.",
		SignedIn: "Has entrado como {email}", SignOut: "Salir", SignOutAll: "Salir en todas partes",
		Search: "Buscar", SearchIn: "Producto o número de pedido", All: "Ver todo", Nothing: "Todavía no hay nada aquí.", NotFound: "No hay resultados para «{query}».", Older: "Compras anteriores",
		Order: "Pedido {order}", Open: "Abrir la página de este pedido", Copy: "Copiar", Copied: "Copiada",
		Version: "Versión {version}", Later: "Este enlace caduca. Si compraste con tu correo, lo encontrarás todo de nuevo en",
		Over: refusal{"Este enlace de descarga ha caducado", "Los enlaces como este duran poco tiempo. O la dirección se copió solo en parte.", "Entra en tu biblioteca con el correo con el que compraste; allí tienes uno nuevo."},
	},
	"pt": {
		Title: "A sua biblioteca", SignInTitle: "Entre na sua biblioteca",
		SignInIntro: "Tudo o que comprou em {shop}, num só lugar. Escreva o endereço com que comprou e enviamos-lhe um código.",
		Email:       "E-mail", SendCode: "Enviar-me um código",
		CodeTitle: "Escreva o seu código", CodeIntro: "Se o endereço for de um cliente de {shop}, vai receber um código de seis dígitos. É válido por {minutes} minutos.",
		Code: "Código", SignIn: "Entrar", Another: "Usar outro endereço",
		WrongEmail: "Isto não parece um endereço de e-mail.", WrongCode: "O código está errado ou já não é válido. Após cinco tentativas precisa de um novo.",
		TooMany:   "Demasiados pedidos. Tente de novo dentro de {minutes} minutos.",
		FindTitle: "Procura um só pedido?", FindIntro: "Diga-nos o número e enviamos um link novo para o endereço com que foi comprado.", OrderNumber: "Número do pedido", SendLink: "Enviar-me o link",
		FindSent: "Se existir esse pedido com esse endereço, vai receber um e-mail com um link novo.",
		SignedIn: "Entrou como {email}", SignOut: "Sair", SignOutAll: "Sair em todo o lado",
		Search: "Procurar", SearchIn: "Produto ou número do pedido", All: "Ver tudo", Nothing: "Ainda não há nada aqui.", NotFound: "Nada encontrado para “{query}”.", Older: "Compras anteriores",
		Order: "Pedido {order}", Open: "Abrir a página deste pedido", Copy: "Copiar", Copied: "Copiada",
		Version: "Versão {version}", Later: "Este link expira. Se comprou com o seu e-mail, encontra tudo de novo em",
		Over: refusal{"Este link de download expirou", "Links como este duram pouco tempo. Ou o endereço foi copiado só em parte.", "Entre na sua biblioteca com o e-mail com que comprou; lá recebe um novo."},
	},
	"de": {
		Title: "Ihre Bibliothek", SignInTitle: "In Ihrer Bibliothek anmelden",
		SignInIntro: "Alles, was Sie bei {shop} gekauft haben, an einem Ort. Geben Sie die Adresse ein, mit der Sie gekauft haben; wir senden Ihnen einen Code.",
		Email:       "E-Mail-Adresse", SendCode: "Code senden",
		CodeTitle: "Code eingeben", CodeIntro: "Gehört die Adresse zu einem Kunden von {shop}, ist ein Code mit sechs Ziffern dorthin unterwegs. Er gilt {minutes} Minuten.",
		Code: "Code", SignIn: "Anmelden", Another: "Andere Adresse verwenden",
		WrongEmail: "Das sieht nicht nach einer E-Mail-Adresse aus.", WrongCode: "Der Code ist falsch oder nicht mehr gültig. Nach fünf Versuchen brauchen Sie einen neuen.",
		TooMany:   "Zu viele Anfragen. Bitte versuchen Sie es in {minutes} Minuten erneut.",
		FindTitle: "Sie suchen eine einzelne Bestellung?", FindIntro: "Nennen Sie uns die Nummer; wir senden einen neuen Link an die Adresse, mit der gekauft wurde.", OrderNumber: "Bestellnummer", SendLink: "Link senden",
		FindSent: "Gibt es diese Bestellung zu dieser Adresse, ist eine E-Mail mit einem neuen Link unterwegs.",
		SignedIn: "Angemeldet als {email}", SignOut: "Abmelden", SignOutAll: "Überall abmelden",
		Search: "Suchen", SearchIn: "Produkt oder Bestellnummer", All: "Alle zeigen", Nothing: "Hier ist noch nichts.", NotFound: "Nichts gefunden zu „{query}“.", Older: "Ältere Einkäufe",
		Order: "Bestellung {order}", Open: "Seite dieser Bestellung öffnen", Copy: "Kopieren", Copied: "Kopiert",
		Version: "Version {version}", Later: "Dieser Link läuft ab. Haben Sie mit Ihrer E-Mail-Adresse gekauft, finden Sie alles wieder in",
		Over: refusal{"Dieser Download-Link ist abgelaufen", "Solche Links gelten nur kurze Zeit. Oder die Adresse wurde nur teilweise kopiert.", "Melden Sie sich in Ihrer Bibliothek mit der E-Mail-Adresse an, mit der Sie gekauft haben; dort erhalten Sie einen neuen."},
	},
	"fr": {
		Title: "Votre bibliothèque", SignInTitle: "Accéder à votre bibliothèque",
		SignInIntro: "Tout ce que vous avez acheté chez {shop}, au même endroit. Saisissez l’adresse utilisée pour l’achat et nous vous enverrons un code.",
		Email:       "Adresse e-mail", SendCode: "Recevoir un code",
		CodeTitle: "Saisissez votre code", CodeIntro: "Si l’adresse est celle d’un client de {shop}, un code à six chiffres lui est envoyé. Il est valable {minutes} minutes.",
		Code: "Code", SignIn: "Se connecter", Another: "Utiliser une autre adresse",
		WrongEmail: "Cela ne ressemble pas à une adresse e-mail.", WrongCode: "Ce code est faux ou n’est plus valable. Après cinq essais, il vous en faut un nouveau.",
		TooMany:   "Trop de demandes. Réessayez dans {minutes} minutes.",
		FindTitle: "Vous cherchez une seule commande ?", FindIntro: "Donnez-nous son numéro et nous enverrons un nouveau lien à l’adresse utilisée pour l’achat.", OrderNumber: "Numéro de commande", SendLink: "Recevoir le lien",
		FindSent: "Si cette commande existe pour cette adresse, un e-mail avec un nouveau lien est en route.",
		SignedIn: "Connecté : {email}", SignOut: "Se déconnecter", SignOutAll: "Se déconnecter partout",
		Search: "Chercher", SearchIn: "Produit ou numéro de commande", All: "Tout afficher", Nothing: "Il n’y a encore rien ici.", NotFound: "Rien trouvé pour « {query} ».", Older: "Achats plus anciens",
		Order: "Commande {order}", Open: "Ouvrir la page de cette commande", Copy: "Copier", Copied: "Copiée",
		Version: "Version {version}", Later: "Ce lien expire. Si vous avez acheté avec votre adresse e-mail, vous retrouverez tout dans",
		Over: refusal{"Ce lien de téléchargement a expiré", "Les liens de ce type durent peu de temps. Ou l’adresse n’a été copiée qu’en partie.", "Connectez-vous à votre bibliothèque avec l’adresse utilisée pour l’achat ; vous y trouverez un nouveau lien."},
	},
}
