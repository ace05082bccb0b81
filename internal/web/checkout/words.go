package checkout

import "purvey/internal/web/page"

// phrases are the words of these pages in one language.
type phrases struct {
	Title, Test, Total, Approve, Decline, Pending string
	Stopped, Over, Unknown, Unavailable, Trouble  string
	Again                                         string
}

func wordsOf(l page.Language) phrases {
	switch l {
	case "es":
		return phrases{
			"Pago", "Este es un pago de prueba: no se cobra nada. Elige cómo termina.", "Total", "Aprobar", "Rechazar", "Dejar pendiente",
			"No se puede pagar aquí", "Este enlace ya no es válido. Vuelve a la tienda y empieza el pago de nuevo.", "No conocemos esta página.",
			"El servicio de pago no responde. Inténtalo de nuevo en un momento.", "Algo salió mal. Inténtalo de nuevo en un momento.", "Reintentar",
		}
	case "pt":
		return phrases{
			"Pagamento", "Este é um pagamento de teste: nada é cobrado. Escolha como termina.", "Total", "Aprovar", "Recusar", "Deixar pendente",
			"Não é possível pagar aqui", "Este link já não é válido. Volte à loja e inicie o pagamento de novo.", "Não conhecemos esta página.",
			"O serviço de pagamento não responde. Tente de novo daqui a pouco.", "Algo correu mal. Tente de novo daqui a pouco.", "Tentar de novo",
		}
	case "de":
		return phrases{
			"Bezahlen", "Dies ist eine Probezahlung: Es wird nichts abgebucht. Wählen Sie, wie sie ausgeht.", "Summe", "Annehmen", "Ablehnen", "Offen lassen",
			"Hier kann nicht bezahlt werden", "Dieser Link gilt nicht mehr. Gehen Sie zum Shop zurück und beginnen Sie die Zahlung neu.", "Diese Seite kennen wir nicht.",
			"Der Zahlungsdienst antwortet nicht. Bitte versuchen Sie es gleich noch einmal.", "Etwas ging schief. Bitte versuchen Sie es gleich noch einmal.", "Noch einmal versuchen",
		}
	case "fr":
		return phrases{
			"Paiement", "Ceci est un paiement d’essai : rien n’est débité. Choisissez son issue.", "Total", "Accepter", "Refuser", "Laisser en attente",
			"Impossible de payer ici", "Ce lien n’est plus valable. Retournez à la boutique et recommencez le paiement.", "Nous ne connaissons pas cette page.",
			"Le service de paiement ne répond pas. Réessayez dans un instant.", "Quelque chose s’est mal passé. Réessayez dans un instant.", "Réessayer",
		}
	default:
		return phrases{
			"Payment", "This is a test payment: nothing is charged. Choose how it ends.", "Total", "Approve", "Decline", "Leave pending",
			"This cannot be paid here", "This link is not valid any more. Go back to the shop and begin the payment again.", "We do not know this page.",
			"The payment service does not answer. Try again in a moment.", "Something went wrong. Try again in a moment.", "Try again",
		}
	}
}
