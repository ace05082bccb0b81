package buyer

import (
	"net/http"

	"purvey"
)

// SetSession gives a browser the session of a customer who signed in
// elsewhere. base is the path of the library that it is for.
func SetSession(w http.ResponseWriter, r *http.Request, base, session string) {
	visit{base: base}.setCookie(w, r, cookieSession, session, purvey.SessionLife)
}
