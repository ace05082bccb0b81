package buyer

import (
	"strconv"
	"strings"

	"purvey/internal/web/page"
)

// words are the sentences of the download pages in one language. {n}, {m},
// {order}, {shop}, {date}, {email} and {version} are filled in.
type words struct {
	Downloads   string // title
	Shared      string // title of a share link's page
	SharedIntro string
	Order       string
	OrderFor    string
	Quantity    string
	Until       string
	Download    string
	DownloadAll string
	Unlimited   string
	Left        string
	LeftOne     string
	Begun       string // a copy may be finished
	UsedUp      string
	Preparing   string
	NotYet      string // a file without bytes
	Key         string
	Keys        string
	KeysOwed    string
	Links       string
	Read        string // the verbs of what a browser shows
	Listen      string
	Watch       string
	Look        string
	Open        string // a link
	File1       string
	FilesN      string
	Link1       string
	LinksN      string
	News        string
	NewsPlain   string
	Help        string
	HelpResume  string
	HelpZip     string
	HelpReply   string
	HelpShared  string
	Back        string
	Again       string
	NoteName    string // of the text file in an archive
	NoteIntro   string
}

func wordsOf(l page.Language) words {
	if w, ok := languages[l]; ok {
		return w
	}
	return languages["en"]
}

// fill puts values into a sentence: pairs of a name without braces and a text.
func fill(sentence string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(sentence)
}

// copies says how many copies are left of how many.
func (w words) copies(left, of int) string {
	if left == 1 {
		return fill(w.LeftOne, "m", strconv.Itoa(of))
	}
	return fill(w.Left, "n", strconv.Itoa(left), "m", strconv.Itoa(of))
}

var languages = map[page.Language]words{
	"en": {
		Downloads: "Your downloads", Shared: "Files for you", SharedIntro: "{shop} shares these files with you.",
		Order: "Order {order}", OrderFor: "Order {order} · {email}", Quantity: "Quantity: {n}", Until: "Available until {date}",
		Download: "Download", DownloadAll: "Download all files (ZIP)", Unlimited: "Download as often as you like",
		Left: "{n} of {m} copies left", LeftOne: "1 of {m} copies left", Begun: "the copy you began can be finished",
		UsedUp: "All copies have been downloaded", Preparing: "Being prepared for you; this page refreshes by itself", NotYet: "Not ready yet",
		Key: "Licence key", Keys: "Licence keys", KeysOwed: "A key is still to come. You will get it by e-mail, and it will appear here.", Links: "More for you", News: "What’s new in {version}", NewsPlain: "What’s new",
		Read: "Read", Listen: "Listen", Watch: "Watch", Look: "View", Open: "Open", File1: "1 file", FilesN: "{n} files", Link1: "1 link", LinksN: "{n} links",
		Help:       "Good to know",
		HelpResume: "If a download stops, start it again or let your browser resume it. A copy counts once, however often the connection breaks.",
		HelpZip:    "The ZIP holds every file that is ready; each one in it counts as one copy.",
		HelpReply:  "Something wrong? Reply to the e-mail that brought you here and name order {order}.",
		HelpShared: "Something wrong? Ask whoever sent you this link.",
		Back:       "Back to your downloads", Again: "Try again", NoteName: "Left out.txt", NoteIntro: "These files are not in this archive:",
	},
	"es": {
		Downloads: "Tus descargas", Shared: "Archivos para ti", SharedIntro: "{shop} comparte estos archivos contigo.",
		Order: "Pedido {order}", OrderFor: "Pedido {order} · {email}", Quantity: "Cantidad: {n}", Until: "Disponible hasta el {date}",
		Download: "Descargar", DownloadAll: "Descargar todos los archivos (ZIP)", Unlimited: "Descárgalo cuantas veces quieras",
		Left: "Quedan {n} de {m} copias", LeftOne: "Queda 1 de {m} copias", Begun: "puedes terminar la copia que empezaste",
		UsedUp: "Ya se han descargado todas las copias", Preparing: "Lo estamos preparando para ti; esta página se actualiza sola", NotYet: "Todavía no está listo",
		Key: "Clave de licencia", Keys: "Claves de licencia", KeysOwed: "Falta una clave. Te llegará por correo y aparecerá aquí.", Links: "Más para ti", News: "Novedades de la versión {version}", NewsPlain: "Novedades",
		Read: "Leer", Listen: "Escuchar", Watch: "Ver", Look: "Ver", Open: "Abrir", File1: "1 archivo", FilesN: "{n} archivos", Link1: "1 enlace", LinksN: "{n} enlaces",
		Help:       "Conviene saber",
		HelpResume: "Si una descarga se corta, iníciala de nuevo o deja que el navegador la continúe. Una copia cuenta una sola vez, por muchas veces que se corte la conexión.",
		HelpZip:    "El ZIP contiene todos los archivos que están listos; cada uno cuenta como una copia.",
		HelpReply:  "¿Algo no va bien? Responde al correo que te trajo aquí e indica el pedido {order}.",
		HelpShared: "¿Algo no va bien? Pregunta a quien te envió este enlace.",
		Back:       "Volver a tus descargas", Again: "Intentar de nuevo", NoteName: "Lo que falta.txt", NoteIntro: "Estos archivos no están en este ZIP:",
	},
	"pt": {
		Downloads: "Os seus downloads", Shared: "Arquivos para si", SharedIntro: "{shop} partilha estes arquivos consigo.",
		Order: "Pedido {order}", OrderFor: "Pedido {order} · {email}", Quantity: "Quantidade: {n}", Until: "Disponível até {date}",
		Download: "Baixar", DownloadAll: "Baixar todos os arquivos (ZIP)", Unlimited: "Baixe quantas vezes quiser",
		Left: "Restam {n} de {m} cópias", LeftOne: "Resta 1 de {m} cópias", Begun: "pode terminar a cópia que começou",
		UsedUp: "Todas as cópias já foram baixadas", Preparing: "Em preparação; esta página atualiza-se sozinha", NotYet: "Ainda não está pronto",
		Key: "Chave de licença", Keys: "Chaves de licença", KeysOwed: "Falta uma chave. Vai recebê-la por e-mail e ela aparecerá aqui.", Links: "Mais para si", News: "Novidades da versão {version}", NewsPlain: "Novidades",
		Read: "Ler", Listen: "Ouvir", Watch: "Assistir", Look: "Ver", Open: "Abrir", File1: "1 arquivo", FilesN: "{n} arquivos", Link1: "1 link", LinksN: "{n} links",
		Help:       "Bom saber",
		HelpResume: "Se um download parar, inicie-o de novo ou deixe o navegador continuá-lo. Uma cópia conta uma só vez, por mais que a ligação caia.",
		HelpZip:    "O ZIP contém todos os arquivos que estão prontos; cada um conta como uma cópia.",
		HelpReply:  "Algo errado? Responda ao e-mail que o trouxe aqui e indique o pedido {order}.",
		HelpShared: "Algo errado? Pergunte a quem lhe enviou este link.",
		Back:       "Voltar aos seus downloads", Again: "Tentar de novo", NoteName: "O que falta.txt", NoteIntro: "Estes arquivos não estão neste ZIP:",
	},
	"de": {
		Downloads: "Ihre Downloads", Shared: "Dateien für Sie", SharedIntro: "{shop} stellt Ihnen diese Dateien bereit.",
		Order: "Bestellung {order}", OrderFor: "Bestellung {order} · {email}", Quantity: "Menge: {n}", Until: "Verfügbar bis {date}",
		Download: "Herunterladen", DownloadAll: "Alle Dateien herunterladen (ZIP)", Unlimited: "Beliebig oft herunterladbar",
		Left: "Noch {n} von {m} Kopien", LeftOne: "Noch 1 von {m} Kopien", Begun: "die begonnene Kopie können Sie abschließen",
		UsedUp: "Alle Kopien wurden heruntergeladen", Preparing: "Wird für Sie vorbereitet; diese Seite aktualisiert sich selbst", NotYet: "Noch nicht bereit",
		Key: "Lizenzschlüssel", Keys: "Lizenzschlüssel", KeysOwed: "Ein Schlüssel folgt noch. Sie erhalten ihn per E-Mail, und er erscheint hier.", Links: "Mehr für Sie", News: "Neu in {version}", NewsPlain: "Was neu ist",
		Read: "Lesen", Listen: "Anhören", Watch: "Ansehen", Look: "Ansehen", Open: "Öffnen", File1: "1 Datei", FilesN: "{n} Dateien", Link1: "1 Link", LinksN: "{n} Links",
		Help:       "Gut zu wissen",
		HelpResume: "Bricht ein Download ab, starten Sie ihn erneut oder lassen Sie ihn vom Browser fortsetzen. Eine Kopie zählt nur einmal, wie oft die Verbindung auch abreißt.",
		HelpZip:    "Das ZIP enthält alle Dateien, die bereit sind; jede zählt als eine Kopie.",
		HelpReply:  "Etwas stimmt nicht? Antworten Sie auf die E-Mail, die Sie hierher geführt hat, und nennen Sie die Bestellung {order}.",
		HelpShared: "Etwas stimmt nicht? Fragen Sie, wer Ihnen diesen Link geschickt hat.",
		Back:       "Zurück zu Ihren Downloads", Again: "Erneut versuchen", NoteName: "Was fehlt.txt", NoteIntro: "Diese Dateien sind nicht in diesem Archiv:",
	},
	"fr": {
		Downloads: "Vos téléchargements", Shared: "Des fichiers pour vous", SharedIntro: "{shop} partage ces fichiers avec vous.",
		Order: "Commande {order}", OrderFor: "Commande {order} · {email}", Quantity: "Quantité : {n}", Until: "Disponible jusqu’au {date}",
		Download: "Télécharger", DownloadAll: "Télécharger tous les fichiers (ZIP)", Unlimited: "Téléchargez autant de fois que vous voulez",
		Left: "Il reste {n} copies sur {m}", LeftOne: "Il reste 1 copie sur {m}", Begun: "vous pouvez terminer la copie commencée",
		UsedUp: "Toutes les copies ont été téléchargées", Preparing: "En préparation pour vous ; cette page s’actualise d’elle-même", NotYet: "Pas encore prêt",
		Key: "Clé de licence", Keys: "Clés de licence", KeysOwed: "Une clé doit encore arriver. Vous la recevrez par e-mail et elle apparaîtra ici.", Links: "Encore pour vous", News: "Nouveautés de la version {version}", NewsPlain: "Nouveautés",
		Read: "Lire", Listen: "Écouter", Watch: "Regarder", Look: "Voir", Open: "Ouvrir", File1: "1 fichier", FilesN: "{n} fichiers", Link1: "1 lien", LinksN: "{n} liens",
		Help:       "Bon à savoir",
		HelpResume: "Si un téléchargement s’arrête, relancez-le ou laissez le navigateur le reprendre. Une copie compte une seule fois, même si la connexion se coupe souvent.",
		HelpZip:    "Le ZIP contient tous les fichiers prêts ; chacun compte comme une copie.",
		HelpReply:  "Un souci ? Répondez à l’e-mail qui vous a amené ici en indiquant la commande {order}.",
		HelpShared: "Un souci ? Adressez-vous à la personne qui vous a envoyé ce lien.",
		Back:       "Retour à vos téléchargements", Again: "Réessayer", NoteName: "Ce qui manque.txt", NoteIntro: "Ces fichiers ne sont pas dans cette archive :",
	},
}
