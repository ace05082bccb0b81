package buyer

import (
	"purvey"
	"purvey/internal/web/page"
)

// refusal says, for a person, what is the matter, why, and what to do.
type refusal struct {
	Title string
	Why   string
	Do    string
}

// Reasons that are no purvey.Reason: those of share links, and of addresses
// that lead nowhere.
const (
	reasonLinkUsedUp  purvey.Reason = "link used up"
	reasonLinkExpired purvey.Reason = "link expired"
	reasonUnknown     purvey.Reason = "unknown page"
	reasonOver        purvey.Reason = "address over"
	reasonTrouble     purvey.Reason = "trouble"
	reasonMethod      purvey.Reason = "method"
	reasonNothing     purvey.Reason = "nothing to ask for"
	reasonTooMany     purvey.Reason = "too many requests"
)

// refusalOf gives the words for a reason; one without words of its own gets
// those of trouble.
func refusalOf(l page.Language, reason purvey.Reason) refusal {
	table, ok := refusals[l]
	if !ok {
		table = refusals["en"]
	}
	if w, ok := table[reason]; ok {
		return w
	}
	return table[reasonTrouble]
}

var refusals = map[page.Language]map[purvey.Reason]refusal{
	"en": {
		purvey.ReasonAccessDisabled:  {"Access is switched off", "The shop has switched off access to this order.", "Please ask the shop why: reply to the e-mail that brought you here."},
		purvey.ReasonPaused:          {"Access is paused", "Access to this purchase is paused for now. It may come back.", "Please ask the shop: reply to the e-mail that brought you here."},
		purvey.ReasonExpired:         {"Access has expired", "The time in which these files could be downloaded is over.", "If you still need them, please ask the shop to open them again."},
		purvey.ReasonRefunded:        {"This purchase was refunded", "The money went back to you, so the files are no longer available.", "If that is a mistake, please ask the shop."},
		purvey.ReasonCanceled:        {"This purchase was canceled", "The order has ended, so the files are no longer available.", "If that is a mistake, please ask the shop."},
		purvey.ReasonUnpaid:          {"Waiting for payment", "The payment for this order has not arrived yet.", "Your files appear here as soon as it does. There is nothing else to do."},
		purvey.ReasonHeld:            {"The order is being checked", "The shop checks this order before it is delivered.", "You will get an e-mail as soon as it is done."},
		purvey.ReasonScheduled:       {"Not released yet", "This product comes out later.", "Your files appear here on that day, and you will get an e-mail."},
		purvey.ReasonNoFiles:         {"Your files are on their way", "The shop is preparing your files.", "They appear here as soon as they are ready, and you will get an e-mail."},
		purvey.ReasonUsedUp:          {"All copies have been downloaded", "Every copy of this file that belongs to your order has been downloaded.", "If you need another one, please ask the shop to reset your downloads."},
		purvey.ReasonBandwidth:       {"Downloads rest for now", "This shop has sent as much this month as it can. Your purchase is safe.", "Please ask the shop when it goes on, or try again in some days. A download that had begun can be finished."},
		purvey.ReasonProcessing:      {"Almost ready", "Your order is being prepared.", "Please come back in a moment."},
		purvey.ReasonFailed:          {"Something went wrong", "Your files could not be made ready.", "The shop has been told. If nothing changes, please reply to the e-mail that brought you here."},
		purvey.ReasonKeyFollows:      {"Your key will follow", "Your licence key is not in stock at this moment.", "You will get it by e-mail as soon as it is, and it will appear here."},
		purvey.ReasonStampImpossible: {"This file cannot be given out now", "It should be personalised for you, and that did not work.", "The shop has been told. Please ask it for the file."},
		purvey.ReasonShopDisabled:    {"The shop is closed", "This shop is not available at the moment.", "Please try again later."},
		reasonLinkUsedUp:             {"All copies have been downloaded", "Every copy that this link gives of the file has been downloaded.", "If you need one, please ask whoever sent you the link."},
		reasonLinkExpired:            {"This link has expired", "The time in which its files could be downloaded is over.", "If you still need them, please ask whoever sent you the link."},
		reasonUnknown:                {"Page not found", "There is nothing at this address. It may have been copied only in part, or replaced by a newer one.", "Please open the link in your newest e-mail again."},
		reasonOver:                   {"This address has expired", "Download addresses last only a short time.", "Go back to your download page and press the button again; that gives you a new one."},
		reasonTrouble:                {"That did not work", "Something is wrong on our side.", "Please try again in a few minutes."},
		reasonMethod:                 {"That is not possible here", "This address does not take that kind of request.", "Please go back and use the buttons of the page."},
		reasonNothing:                {"There is nothing to ask for", "Your downloads are not limited, or access has ended for another reason.", "If something is missing, please write to the shop."},
		reasonTooMany:                {"That was asked too often", "There were too many requests for this order.", "Please try again later, or write to the shop."},
	},
	"es": {
		purvey.ReasonAccessDisabled:  {"El acceso está desactivado", "La tienda ha desactivado el acceso a este pedido.", "Pregunta el motivo a la tienda: responde al correo que te trajo aquí."},
		purvey.ReasonPaused:          {"El acceso está en pausa", "El acceso a esta compra está en pausa por ahora. Puede volver.", "Pregunta a la tienda: responde al correo que te trajo aquí."},
		purvey.ReasonExpired:         {"El acceso ha caducado", "Ha terminado el plazo para descargar estos archivos.", "Si todavía los necesitas, pide a la tienda que los abra de nuevo."},
		purvey.ReasonRefunded:        {"Esta compra se reembolsó", "Se te devolvió el dinero, así que los archivos ya no están disponibles.", "Si es un error, pregunta a la tienda."},
		purvey.ReasonCanceled:        {"Esta compra se canceló", "El pedido ha terminado, así que los archivos ya no están disponibles.", "Si es un error, pregunta a la tienda."},
		purvey.ReasonUnpaid:          {"A la espera del pago", "El pago de este pedido todavía no ha llegado.", "Tus archivos aparecerán aquí en cuanto llegue. No tienes que hacer nada más."},
		purvey.ReasonHeld:            {"El pedido se está revisando", "La tienda revisa este pedido antes de entregarlo.", "Recibirás un correo en cuanto esté listo."},
		purvey.ReasonScheduled:       {"Todavía no ha salido", "Este producto sale más adelante.", "Tus archivos aparecerán aquí ese día y recibirás un correo."},
		purvey.ReasonNoFiles:         {"Tus archivos están en camino", "La tienda está preparando tus archivos.", "Aparecerán aquí en cuanto estén listos y recibirás un correo."},
		purvey.ReasonUsedUp:          {"Ya se han descargado todas las copias", "Se han descargado todas las copias de este archivo que incluye tu pedido.", "Si necesitas otra, pide a la tienda que restablezca tus descargas."},
		purvey.ReasonBandwidth:       {"Las descargas están en pausa", "Esta tienda ya ha enviado este mes todo lo que puede. Tu compra está a salvo.", "Pregunta a la tienda cuándo continúan o inténtalo dentro de unos días. Una descarga ya empezada se puede terminar."},
		purvey.ReasonProcessing:      {"Casi listo", "Tu pedido se está preparando.", "Vuelve dentro de un momento."},
		purvey.ReasonFailed:          {"Algo ha fallado", "No se han podido preparar tus archivos.", "La tienda ya lo sabe. Si nada cambia, responde al correo que te trajo aquí."},
		purvey.ReasonKeyFollows:      {"Tu clave llegará pronto", "Tu clave de licencia no está disponible en este momento.", "Te llegará por correo en cuanto lo esté y aparecerá aquí."},
		purvey.ReasonStampImpossible: {"Este archivo no se puede entregar ahora", "Debía personalizarse para ti y no ha sido posible.", "La tienda ya lo sabe. Pídele el archivo."},
		purvey.ReasonShopDisabled:    {"La tienda está cerrada", "Esta tienda no está disponible en este momento.", "Inténtalo más tarde."},
		reasonLinkUsedUp:             {"Ya se han descargado todas las copias", "Se han descargado todas las copias de este archivo que da el enlace.", "Si necesitas una, pídela a quien te envió el enlace."},
		reasonLinkExpired:            {"Este enlace ha caducado", "Ha terminado el plazo para descargar sus archivos.", "Si todavía los necesitas, pídelos a quien te envió el enlace."},
		reasonUnknown:                {"Página no encontrada", "No hay nada en esta dirección. Puede que se copiara solo en parte o que haya otra más nueva.", "Abre de nuevo el enlace de tu correo más reciente."},
		reasonOver:                   {"Esta dirección ha caducado", "Las direcciones de descarga duran poco tiempo.", "Vuelve a tu página de descargas y pulsa de nuevo el botón; así obtendrás una nueva."},
		reasonTrouble:                {"No ha funcionado", "Algo va mal por nuestra parte.", "Inténtalo de nuevo dentro de unos minutos."},
		reasonMethod:                 {"Eso no es posible aquí", "Esta dirección no acepta ese tipo de petición.", "Vuelve atrás y usa los botones de la página."},
		reasonNothing:                {"No hay nada que pedir", "Tus descargas no tienen límite, o el acceso terminó por otro motivo.", "Si te falta algo, escribe a la tienda."},
		reasonTooMany:                {"Demasiadas solicitudes", "Hubo demasiadas solicitudes para este pedido.", "Inténtalo más tarde o escribe a la tienda."},
	},
	"pt": {
		purvey.ReasonAccessDisabled:  {"O acesso está desativado", "A loja desativou o acesso a este pedido.", "Pergunte o motivo à loja: responda ao e-mail que o trouxe aqui."},
		purvey.ReasonPaused:          {"O acesso está em pausa", "O acesso a esta compra está em pausa por agora. Pode voltar.", "Pergunte à loja: responda ao e-mail que o trouxe aqui."},
		purvey.ReasonExpired:         {"O acesso expirou", "Terminou o prazo para baixar estes arquivos.", "Se ainda precisa deles, peça à loja que os abra de novo."},
		purvey.ReasonRefunded:        {"Esta compra foi reembolsada", "O dinheiro foi devolvido, por isso os arquivos já não estão disponíveis.", "Se for um engano, pergunte à loja."},
		purvey.ReasonCanceled:        {"Esta compra foi cancelada", "O pedido terminou, por isso os arquivos já não estão disponíveis.", "Se for um engano, pergunte à loja."},
		purvey.ReasonUnpaid:          {"À espera do pagamento", "O pagamento deste pedido ainda não chegou.", "Os seus arquivos aparecem aqui assim que chegar. Não precisa fazer mais nada."},
		purvey.ReasonHeld:            {"O pedido está em verificação", "A loja verifica este pedido antes de o entregar.", "Vai receber um e-mail assim que estiver pronto."},
		purvey.ReasonScheduled:       {"Ainda não foi lançado", "Este produto sai mais tarde.", "Os seus arquivos aparecem aqui nesse dia e vai receber um e-mail."},
		purvey.ReasonNoFiles:         {"Os seus arquivos estão a caminho", "A loja está a preparar os seus arquivos.", "Aparecem aqui assim que estiverem prontos e vai receber um e-mail."},
		purvey.ReasonUsedUp:          {"Todas as cópias já foram baixadas", "Todas as cópias deste arquivo incluídas no seu pedido já foram baixadas.", "Se precisa de outra, peça à loja que reponha os seus downloads."},
		purvey.ReasonBandwidth:       {"Os downloads estão em pausa", "Esta loja já enviou este mês tudo o que pode. A sua compra está segura.", "Pergunte à loja quando continuam ou tente dentro de alguns dias. Um download já iniciado pode ser concluído."},
		purvey.ReasonProcessing:      {"Quase pronto", "O seu pedido está a ser preparado.", "Volte dentro de um momento."},
		purvey.ReasonFailed:          {"Algo correu mal", "Não foi possível preparar os seus arquivos.", "A loja já foi avisada. Se nada mudar, responda ao e-mail que o trouxe aqui."},
		purvey.ReasonKeyFollows:      {"A sua chave chegará em breve", "A sua chave de licença não está disponível neste momento.", "Vai recebê-la por e-mail assim que estiver e ela aparecerá aqui."},
		purvey.ReasonStampImpossible: {"Este arquivo não pode ser entregue agora", "Devia ser personalizado para si e isso não foi possível.", "A loja já foi avisada. Peça-lhe o arquivo."},
		purvey.ReasonShopDisabled:    {"A loja está fechada", "Esta loja não está disponível neste momento.", "Tente mais tarde."},
		reasonLinkUsedUp:             {"Todas as cópias já foram baixadas", "Todas as cópias deste arquivo que o link oferece já foram baixadas.", "Se precisa de uma, peça a quem lhe enviou o link."},
		reasonLinkExpired:            {"Este link expirou", "Terminou o prazo para baixar os seus arquivos.", "Se ainda precisa deles, peça a quem lhe enviou o link."},
		reasonUnknown:                {"Página não encontrada", "Não há nada neste endereço. Pode ter sido copiado só em parte ou substituído por um mais novo.", "Abra de novo o link do seu e-mail mais recente."},
		reasonOver:                   {"Este endereço expirou", "Os endereços de download duram pouco tempo.", "Volte à sua página de downloads e carregue de novo no botão; assim recebe um novo."},
		reasonTrouble:                {"Não funcionou", "Algo está errado do nosso lado.", "Tente de novo dentro de alguns minutos."},
		reasonMethod:                 {"Isso não é possível aqui", "Este endereço não aceita esse tipo de pedido.", "Volte atrás e use os botões da página."},
		reasonNothing:                {"Não há nada a pedir", "Os seus downloads não têm limite, ou o acesso terminou por outro motivo.", "Se falta algo, escreva à loja."},
		reasonTooMany:                {"Demasiados pedidos", "Houve demasiados pedidos para esta compra.", "Tente mais tarde ou escreva à loja."},
	},
	"de": {
		purvey.ReasonAccessDisabled:  {"Der Zugang ist abgeschaltet", "Der Shop hat den Zugang zu dieser Bestellung abgeschaltet.", "Bitte fragen Sie den Shop nach dem Grund: Antworten Sie auf die E-Mail, die Sie hierher geführt hat."},
		purvey.ReasonPaused:          {"Der Zugang ruht", "Der Zugang zu diesem Kauf ruht zurzeit. Er kann zurückkehren.", "Bitte fragen Sie den Shop: Antworten Sie auf die E-Mail, die Sie hierher geführt hat."},
		purvey.ReasonExpired:         {"Der Zugang ist abgelaufen", "Die Zeit, in der diese Dateien heruntergeladen werden konnten, ist vorbei.", "Wenn Sie sie noch brauchen, bitten Sie den Shop, sie wieder zu öffnen."},
		purvey.ReasonRefunded:        {"Dieser Kauf wurde erstattet", "Sie haben Ihr Geld zurückerhalten, deshalb stehen die Dateien nicht mehr bereit.", "Ist das ein Irrtum, fragen Sie bitte den Shop."},
		purvey.ReasonCanceled:        {"Dieser Kauf wurde storniert", "Die Bestellung ist beendet, deshalb stehen die Dateien nicht mehr bereit.", "Ist das ein Irrtum, fragen Sie bitte den Shop."},
		purvey.ReasonUnpaid:          {"Die Zahlung steht noch aus", "Die Zahlung für diese Bestellung ist noch nicht eingegangen.", "Ihre Dateien erscheinen hier, sobald sie da ist. Sonst ist nichts zu tun."},
		purvey.ReasonHeld:            {"Die Bestellung wird geprüft", "Der Shop prüft diese Bestellung vor der Auslieferung.", "Sie erhalten eine E-Mail, sobald das erledigt ist."},
		purvey.ReasonScheduled:       {"Noch nicht erschienen", "Dieses Produkt erscheint später.", "Ihre Dateien stehen an diesem Tag hier, und Sie erhalten eine E-Mail."},
		purvey.ReasonNoFiles:         {"Ihre Dateien sind unterwegs", "Der Shop bereitet Ihre Dateien vor.", "Sie erscheinen hier, sobald sie bereit sind, und Sie erhalten eine E-Mail."},
		purvey.ReasonUsedUp:          {"Alle Kopien wurden heruntergeladen", "Alle Kopien dieser Datei, die zu Ihrer Bestellung gehören, wurden heruntergeladen.", "Wenn Sie noch eine brauchen, bitten Sie den Shop, Ihre Downloads zurückzusetzen."},
		purvey.ReasonBandwidth:       {"Downloads ruhen zurzeit", "Dieser Shop hat in diesem Monat so viel versendet, wie er kann. Ihr Kauf ist sicher.", "Bitte fragen Sie den Shop, wann es weitergeht, oder versuchen Sie es in einigen Tagen wieder. Ein begonnener Download kann beendet werden."},
		purvey.ReasonProcessing:      {"Gleich so weit", "Ihre Bestellung wird vorbereitet.", "Bitte kommen Sie in einem Moment wieder."},
		purvey.ReasonFailed:          {"Etwas ist schiefgegangen", "Ihre Dateien konnten nicht bereitgestellt werden.", "Der Shop weiß Bescheid. Ändert sich nichts, antworten Sie bitte auf die E-Mail, die Sie hierher geführt hat."},
		purvey.ReasonKeyFollows:      {"Ihr Schlüssel folgt", "Ihr Lizenzschlüssel ist im Moment nicht vorrätig.", "Sie erhalten ihn per E-Mail, sobald er da ist, und er erscheint hier."},
		purvey.ReasonStampImpossible: {"Diese Datei kann gerade nicht ausgegeben werden", "Sie sollte für Sie personalisiert werden, und das ist nicht gelungen.", "Der Shop weiß Bescheid. Bitte fragen Sie dort nach der Datei."},
		purvey.ReasonShopDisabled:    {"Der Shop ist geschlossen", "Dieser Shop ist zurzeit nicht erreichbar.", "Bitte versuchen Sie es später noch einmal."},
		reasonLinkUsedUp:             {"Alle Kopien wurden heruntergeladen", "Alle Kopien dieser Datei, die der Link hergibt, wurden heruntergeladen.", "Wenn Sie eine brauchen, fragen Sie bitte, wer Ihnen den Link geschickt hat."},
		reasonLinkExpired:            {"Dieser Link ist abgelaufen", "Die Zeit, in der seine Dateien heruntergeladen werden konnten, ist vorbei.", "Wenn Sie sie noch brauchen, fragen Sie bitte, wer Ihnen den Link geschickt hat."},
		reasonUnknown:                {"Seite nicht gefunden", "Unter dieser Adresse gibt es nichts. Vielleicht wurde sie nur zum Teil kopiert oder durch eine neuere ersetzt.", "Bitte öffnen Sie den Link in Ihrer neuesten E-Mail noch einmal."},
		reasonOver:                   {"Diese Adresse ist abgelaufen", "Download-Adressen gelten nur kurze Zeit.", "Gehen Sie zurück zu Ihrer Download-Seite und drücken Sie die Schaltfläche noch einmal; so erhalten Sie eine neue."},
		reasonTrouble:                {"Das hat nicht geklappt", "Auf unserer Seite stimmt etwas nicht.", "Bitte versuchen Sie es in ein paar Minuten noch einmal."},
		reasonMethod:                 {"Das geht hier nicht", "Diese Adresse nimmt solche Anfragen nicht an.", "Bitte gehen Sie zurück und benutzen Sie die Schaltflächen der Seite."},
		reasonNothing:                {"Hier gibt es nichts zu erbitten", "Ihre Downloads sind nicht begrenzt, oder der Zugang hat aus einem anderen Grund geendet.", "Wenn etwas fehlt, schreiben Sie bitte dem Shop."},
		reasonTooMany:                {"Das waren zu viele Anfragen", "Zu dieser Bestellung gab es zu viele Anfragen.", "Bitte versuchen Sie es später noch einmal, oder schreiben Sie dem Shop."},
	},
	"fr": {
		purvey.ReasonAccessDisabled:  {"L’accès est désactivé", "La boutique a désactivé l’accès à cette commande.", "Demandez-lui pourquoi : répondez à l’e-mail qui vous a amené ici."},
		purvey.ReasonPaused:          {"L’accès est suspendu", "L’accès à cet achat est suspendu pour le moment. Il peut revenir.", "Demandez à la boutique : répondez à l’e-mail qui vous a amené ici."},
		purvey.ReasonExpired:         {"L’accès a expiré", "Le délai pour télécharger ces fichiers est passé.", "Si vous en avez encore besoin, demandez à la boutique de les rouvrir."},
		purvey.ReasonRefunded:        {"Cet achat a été remboursé", "L’argent vous a été rendu, les fichiers ne sont donc plus disponibles.", "Si c’est une erreur, adressez-vous à la boutique."},
		purvey.ReasonCanceled:        {"Cet achat a été annulé", "La commande est terminée, les fichiers ne sont donc plus disponibles.", "Si c’est une erreur, adressez-vous à la boutique."},
		purvey.ReasonUnpaid:          {"En attente du paiement", "Le paiement de cette commande n’est pas encore arrivé.", "Vos fichiers apparaîtront ici dès son arrivée. Vous n’avez rien d’autre à faire."},
		purvey.ReasonHeld:            {"La commande est en cours de vérification", "La boutique vérifie cette commande avant de la livrer.", "Vous recevrez un e-mail dès que ce sera fait."},
		purvey.ReasonScheduled:       {"Pas encore sorti", "Ce produit sort plus tard.", "Vos fichiers apparaîtront ici ce jour-là et vous recevrez un e-mail."},
		purvey.ReasonNoFiles:         {"Vos fichiers arrivent", "La boutique prépare vos fichiers.", "Ils apparaîtront ici dès qu’ils seront prêts et vous recevrez un e-mail."},
		purvey.ReasonUsedUp:          {"Toutes les copies ont été téléchargées", "Toutes les copies de ce fichier comprises dans votre commande ont été téléchargées.", "S’il vous en faut une autre, demandez à la boutique de réinitialiser vos téléchargements."},
		purvey.ReasonBandwidth:       {"Les téléchargements sont en pause", "Cette boutique a envoyé ce mois-ci tout ce qu’elle peut. Votre achat est en sécurité.", "Demandez à la boutique quand ils reprennent, ou réessayez dans quelques jours. Un téléchargement commencé peut être terminé."},
		purvey.ReasonProcessing:      {"Presque prêt", "Votre commande est en préparation.", "Revenez dans un instant."},
		purvey.ReasonFailed:          {"Quelque chose s’est mal passé", "Vos fichiers n’ont pas pu être préparés.", "La boutique est prévenue. Si rien ne change, répondez à l’e-mail qui vous a amené ici."},
		purvey.ReasonKeyFollows:      {"Votre clé suivra", "Votre clé de licence n’est pas disponible pour le moment.", "Vous la recevrez par e-mail dès qu’elle le sera et elle apparaîtra ici."},
		purvey.ReasonStampImpossible: {"Ce fichier ne peut pas être remis maintenant", "Il devait être personnalisé pour vous et cela n’a pas fonctionné.", "La boutique est prévenue. Demandez-lui le fichier."},
		purvey.ReasonShopDisabled:    {"La boutique est fermée", "Cette boutique n’est pas disponible pour le moment.", "Réessayez plus tard."},
		reasonLinkUsedUp:             {"Toutes les copies ont été téléchargées", "Toutes les copies de ce fichier que donne le lien ont été téléchargées.", "S’il vous en faut une, demandez-la à la personne qui vous a envoyé le lien."},
		reasonLinkExpired:            {"Ce lien a expiré", "Le délai pour télécharger ses fichiers est passé.", "Si vous en avez encore besoin, demandez-les à la personne qui vous a envoyé le lien."},
		reasonUnknown:                {"Page introuvable", "Il n’y a rien à cette adresse. Elle a peut-être été copiée en partie seulement, ou remplacée par une plus récente.", "Ouvrez à nouveau le lien de votre e-mail le plus récent."},
		reasonOver:                   {"Cette adresse a expiré", "Les adresses de téléchargement durent peu de temps.", "Revenez à votre page de téléchargements et appuyez à nouveau sur le bouton ; vous en obtiendrez une nouvelle."},
		reasonTrouble:                {"Cela n’a pas fonctionné", "Quelque chose ne va pas de notre côté.", "Réessayez dans quelques minutes."},
		reasonMethod:                 {"Ce n’est pas possible ici", "Cette adresse n’accepte pas ce type de requête.", "Revenez en arrière et utilisez les boutons de la page."},
		reasonNothing:                {"Il n’y a rien à demander", "Vos téléchargements ne sont pas limités, ou l’accès a pris fin pour une autre raison.", "S’il vous manque quelque chose, écrivez à la boutique."},
		reasonTooMany:                {"Trop de demandes", "Il y a eu trop de demandes pour cette commande.", "Réessayez plus tard ou écrivez à la boutique."},
	},
}
