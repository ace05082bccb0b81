package mail

import "strings"

// words are the sentences of a mail in one language.
type words struct {
	Lang              string
	Hello             string
	DeliverySubject   string
	DeliveryIntro     string
	KeyFollowsSubject string
	KeyFollowsIntro   string
	UpdatedSubject    string
	UpdatedIntro      string
	CodeSubject       string
	CodeIntro         string
	CodeNote          string
	Open              string
	KeysTitle         string
	KeyFollows        string
	Footer            string
	LinkNote          string
	News              string
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

var languages = []words{
	{
		Lang: "en", Hello: "Hello",
		DeliverySubject: "Your order {order} from {shop}", DeliveryIntro: "Thank you for your order {order}. Everything you bought is ready on your own page.",
		KeyFollowsSubject: "Order {order}: your key will follow", KeyFollowsIntro: "Thank you for your order {order}. Your licence key is not in stock at this moment; we will send it as soon as it is.",
		UpdatedSubject: "New files for your order {order}", UpdatedIntro: "A product of your order {order} has new files. They are on your page.",
		CodeSubject: "{code} is your code for {shop}", CodeIntro: "Enter this code to sign in. It is valid for {minutes} minutes.", CodeNote: "If you did not ask for it, you need do nothing.",
		Open: "Open your downloads", KeysTitle: "Licence keys", KeyFollows: "The key will follow in another mail.",
		Footer: "You receive this mail because of an order at {shop}.", LinkNote: "If the button does not work, copy this address into your browser:", News: "What is new",
	},
	{
		Lang: "es", Hello: "Hola",
		DeliverySubject: "Tu pedido {order} de {shop}", DeliveryIntro: "Gracias por tu pedido {order}. Todo lo que compraste está listo en tu página.",
		KeyFollowsSubject: "Pedido {order}: tu clave llegará pronto", KeyFollowsIntro: "Gracias por tu pedido {order}. Tu clave de licencia no está disponible en este momento; te la enviaremos en cuanto lo esté.",
		UpdatedSubject: "Archivos nuevos para tu pedido {order}", UpdatedIntro: "Un producto de tu pedido {order} tiene archivos nuevos. Están en tu página.",
		CodeSubject: "{code} es tu código para {shop}", CodeIntro: "Escribe este código para entrar. Vale durante {minutes} minutos.", CodeNote: "Si no lo pediste, no tienes que hacer nada.",
		Open: "Abrir tus descargas", KeysTitle: "Claves de licencia", KeyFollows: "La clave llegará en otro correo.",
		Footer: "Recibes este correo por un pedido en {shop}.", LinkNote: "Si el botón no funciona, copia esta dirección en tu navegador:", News: "Novedades",
	},
	{
		Lang: "pt", Hello: "Olá",
		DeliverySubject: "O seu pedido {order} de {shop}", DeliveryIntro: "Obrigado pelo seu pedido {order}. Tudo o que comprou está pronto na sua página.",
		KeyFollowsSubject: "Pedido {order}: a sua chave chegará em breve", KeyFollowsIntro: "Obrigado pelo seu pedido {order}. A sua chave de licença não está disponível neste momento; vamos enviá-la assim que estiver.",
		UpdatedSubject: "Novos arquivos para o seu pedido {order}", UpdatedIntro: "Um produto do seu pedido {order} tem novos arquivos. Estão na sua página.",
		CodeSubject: "{code} é o seu código para {shop}", CodeIntro: "Digite este código para entrar. É válido por {minutes} minutos.", CodeNote: "Se não o pediu, não precisa fazer nada.",
		Open: "Abrir os seus downloads", KeysTitle: "Chaves de licença", KeyFollows: "A chave chegará em outro e-mail.",
		Footer: "Recebe este e-mail por causa de um pedido em {shop}.", LinkNote: "Se o botão não funcionar, copie este endereço para o navegador:", News: "Novidades",
	},
	{
		Lang: "de", Hello: "Guten Tag",
		DeliverySubject: "Ihre Bestellung {order} bei {shop}", DeliveryIntro: "Vielen Dank für Ihre Bestellung {order}. Alles, was Sie gekauft haben, liegt auf Ihrer Seite bereit.",
		KeyFollowsSubject: "Bestellung {order}: Ihr Schlüssel folgt", KeyFollowsIntro: "Vielen Dank für Ihre Bestellung {order}. Ihr Lizenzschlüssel ist im Moment nicht vorrätig; wir senden ihn, sobald er da ist.",
		UpdatedSubject: "Neue Dateien zu Ihrer Bestellung {order}", UpdatedIntro: "Ein Produkt Ihrer Bestellung {order} hat neue Dateien. Sie liegen auf Ihrer Seite.",
		CodeSubject: "{code} ist Ihr Code für {shop}", CodeIntro: "Geben Sie diesen Code ein, um sich anzumelden. Er gilt {minutes} Minuten.", CodeNote: "Falls Sie ihn nicht angefordert haben, müssen Sie nichts tun.",
		Open: "Downloads öffnen", KeysTitle: "Lizenzschlüssel", KeyFollows: "Der Schlüssel folgt in einer weiteren E-Mail.",
		Footer: "Sie erhalten diese E-Mail wegen einer Bestellung bei {shop}.", LinkNote: "Falls die Schaltfläche nicht funktioniert, kopieren Sie diese Adresse in Ihren Browser:", News: "Was neu ist",
	},
	{
		Lang: "fr", Hello: "Bonjour",
		DeliverySubject: "Votre commande {order} chez {shop}", DeliveryIntro: "Merci pour votre commande {order}. Tout ce que vous avez acheté est prêt sur votre page.",
		KeyFollowsSubject: "Commande {order} : votre clé suivra", KeyFollowsIntro: "Merci pour votre commande {order}. Votre clé de licence n’est pas disponible pour le moment ; nous l’enverrons dès qu’elle le sera.",
		UpdatedSubject: "Nouveaux fichiers pour votre commande {order}", UpdatedIntro: "Un produit de votre commande {order} a de nouveaux fichiers. Ils sont sur votre page.",
		CodeSubject: "{code} est votre code pour {shop}", CodeIntro: "Saisissez ce code pour vous connecter. Il est valable {minutes} minutes.", CodeNote: "Si vous ne l’avez pas demandé, vous n’avez rien à faire.",
		Open: "Ouvrir vos téléchargements", KeysTitle: "Clés de licence", KeyFollows: "La clé suivra dans un autre message.",
		Footer: "Vous recevez ce message à cause d’une commande chez {shop}.", LinkNote: "Si le bouton ne fonctionne pas, copiez cette adresse dans votre navigateur :", News: "Nouveautés",
	},
}
