package viewer

import "purvey/internal/web/page"

// words are the viewer's own, in one language.
type words struct {
	Files, Page, Of, Previous, Next, ZoomIn, ZoomOut, Fit, Night string
	Loading, NoScript, Failed, Locked, Stopped, Again            string

	Over, Ended, Later, Paused, Unknown, Trouble refusal
}

// refusal says why nothing is shown and what to do.
type refusal struct{ Title, Why, Do string }

func wordsOf(l page.Language) words {
	if w, ok := written[l]; ok {
		return w
	}
	return written["en"]
}

var written = map[page.Language]words{
	"en": {
		Files: "File", Page: "Page", Of: "of", Previous: "Previous page", Next: "Next page",
		ZoomIn: "Enlarge", ZoomOut: "Reduce", Fit: "Fit", Night: "Night mode",
		Loading: "Loading …", NoScript: "To read here, allow scripts in your browser.",
		Failed: "This file cannot be shown.", Locked: "This file is locked with a password and cannot be shown here.",
		Stopped: "The connection was lost, or this address has expired.", Again: "Try again",
		Over:    refusal{"This address has expired", "Addresses for reading last for a short time only.", "Go back to where you found it and ask for a new one."},
		Ended:   refusal{"This is no longer available", "Access to this purchase has ended.", "If that is a mistake, please ask the shop."},
		Later:   refusal{"Not ready yet", "This purchase is still being prepared.", "Please come back in a moment."},
		Paused:  refusal{"Downloads rest for now", "This shop has sent as much this month as it can. Your purchase is safe.", "Please ask the shop when it goes on, or try again in some days."},
		Unknown: refusal{"Page not found", "There is nothing at this address. It may have been copied only in part.", "Please open the link again from where you got it."},
		Trouble: refusal{"That did not work", "Something is wrong on our side.", "Please try again in a few minutes."},
	},
	"es": {
		Files: "Archivo", Page: "Página", Of: "de", Previous: "Página anterior", Next: "Página siguiente",
		ZoomIn: "Ampliar", ZoomOut: "Reducir", Fit: "Ajustar", Night: "Modo nocturno",
		Loading: "Cargando …", NoScript: "Para leer aquí, permite los scripts en tu navegador.",
		Failed: "Este archivo no se puede mostrar.", Locked: "Este archivo está protegido con una contraseña y no se puede mostrar aquí.",
		Stopped: "Se perdió la conexión o esta dirección ha caducado.", Again: "Intentar de nuevo",
		Over:    refusal{"Esta dirección ha caducado", "Las direcciones de lectura duran poco tiempo.", "Vuelve a donde la encontraste y pide una nueva."},
		Ended:   refusal{"Ya no está disponible", "El acceso a esta compra ha terminado.", "Si es un error, pregunta a la tienda."},
		Later:   refusal{"Todavía no está listo", "Esta compra aún se está preparando.", "Vuelve dentro de un momento."},
		Paused:  refusal{"Las descargas están en pausa", "Esta tienda ya ha enviado este mes todo lo que puede. Tu compra está a salvo.", "Pregunta a la tienda cuándo continúan o inténtalo dentro de unos días."},
		Unknown: refusal{"Página no encontrada", "No hay nada en esta dirección. Puede que se copiara solo en parte.", "Abre de nuevo el enlace desde donde lo recibiste."},
		Trouble: refusal{"No ha funcionado", "Algo va mal por nuestra parte.", "Inténtalo de nuevo dentro de unos minutos."},
	},
	"pt": {
		Files: "Arquivo", Page: "Página", Of: "de", Previous: "Página anterior", Next: "Página seguinte",
		ZoomIn: "Ampliar", ZoomOut: "Reduzir", Fit: "Ajustar", Night: "Modo noturno",
		Loading: "Carregando …", NoScript: "Para ler aqui, permita scripts no seu navegador.",
		Failed: "Este arquivo não pode ser mostrado.", Locked: "Este arquivo está protegido por senha e não pode ser mostrado aqui.",
		Stopped: "A ligação perdeu-se ou este endereço expirou.", Again: "Tentar de novo",
		Over:    refusal{"Este endereço expirou", "Os endereços de leitura duram pouco tempo.", "Volte ao lugar onde o encontrou e peça um novo."},
		Ended:   refusal{"Já não está disponível", "O acesso a esta compra terminou.", "Se for um engano, pergunte à loja."},
		Later:   refusal{"Ainda não está pronto", "Esta compra ainda está em preparação.", "Volte dentro de um momento."},
		Paused:  refusal{"Os downloads estão em pausa", "Esta loja já enviou este mês tudo o que pode. A sua compra está segura.", "Pergunte à loja quando continuam ou tente dentro de alguns dias."},
		Unknown: refusal{"Página não encontrada", "Não há nada neste endereço. Pode ter sido copiado só em parte.", "Abra de novo o link a partir de onde o recebeu."},
		Trouble: refusal{"Não funcionou", "Algo está errado do nosso lado.", "Tente de novo dentro de alguns minutos."},
	},
	"de": {
		Files: "Datei", Page: "Seite", Of: "von", Previous: "Vorige Seite", Next: "Nächste Seite",
		ZoomIn: "Vergrößern", ZoomOut: "Verkleinern", Fit: "Einpassen", Night: "Nachtmodus",
		Loading: "Wird geladen …", NoScript: "Um hier zu lesen, erlauben Sie bitte Skripte in Ihrem Browser.",
		Failed: "Diese Datei kann nicht angezeigt werden.", Locked: "Diese Datei ist mit einem Kennwort gesperrt und kann hier nicht angezeigt werden.",
		Stopped: "Die Verbindung ist abgebrochen, oder diese Adresse ist abgelaufen.", Again: "Noch einmal versuchen",
		Over:    refusal{"Diese Adresse ist abgelaufen", "Adressen zum Lesen gelten nur kurze Zeit.", "Gehen Sie dorthin zurück, wo Sie sie gefunden haben, und holen Sie eine neue."},
		Ended:   refusal{"Nicht mehr verfügbar", "Der Zugang zu diesem Kauf ist beendet.", "Ist das ein Irrtum, fragen Sie bitte den Shop."},
		Later:   refusal{"Noch nicht so weit", "Dieser Kauf wird noch vorbereitet.", "Bitte kommen Sie in einem Moment wieder."},
		Paused:  refusal{"Downloads ruhen zurzeit", "Dieser Shop hat in diesem Monat so viel versendet, wie er kann. Ihr Kauf ist sicher.", "Bitte fragen Sie den Shop, wann es weitergeht, oder versuchen Sie es in einigen Tagen wieder."},
		Unknown: refusal{"Seite nicht gefunden", "Unter dieser Adresse gibt es nichts. Vielleicht wurde sie nur zum Teil kopiert.", "Bitte öffnen Sie den Link dort noch einmal, wo Sie ihn bekommen haben."},
		Trouble: refusal{"Das hat nicht geklappt", "Auf unserer Seite stimmt etwas nicht.", "Bitte versuchen Sie es in ein paar Minuten noch einmal."},
	},
	"fr": {
		Files: "Fichier", Page: "Page", Of: "sur", Previous: "Page précédente", Next: "Page suivante",
		ZoomIn: "Agrandir", ZoomOut: "Réduire", Fit: "Ajuster", Night: "Mode nuit",
		Loading: "Chargement …", NoScript: "Pour lire ici, autorisez les scripts dans votre navigateur.",
		Failed: "Ce fichier ne peut pas être affiché.", Locked: "Ce fichier est protégé par un mot de passe et ne peut pas être affiché ici.",
		Stopped: "La connexion a été perdue, ou cette adresse a expiré.", Again: "Réessayer",
		Over:    refusal{"Cette adresse a expiré", "Les adresses de lecture ne durent que peu de temps.", "Retournez là où vous l’avez trouvée et demandez-en une nouvelle."},
		Ended:   refusal{"Plus disponible", "L’accès à cet achat a pris fin.", "Si c’est une erreur, adressez-vous à la boutique."},
		Later:   refusal{"Pas encore prêt", "Cet achat est encore en préparation.", "Revenez dans un instant."},
		Paused:  refusal{"Les téléchargements sont en pause", "Cette boutique a envoyé ce mois-ci tout ce qu’elle peut. Votre achat est en sécurité.", "Demandez à la boutique quand ils reprennent, ou réessayez dans quelques jours."},
		Unknown: refusal{"Page introuvable", "Il n’y a rien à cette adresse. Elle a peut-être été copiée en partie seulement.", "Ouvrez à nouveau le lien là où vous l’avez reçu."},
		Trouble: refusal{"Cela n’a pas fonctionné", "Quelque chose ne va pas de notre côté.", "Réessayez dans quelques minutes."},
	},
}
