package hlconnect

import (
	"context"
	"net/http"
	"time"

	"purvey/internal/httpjson"
)

// checkTime bounds the check of one component.
const checkTime = 5 * time.Second

// health tells of each component whether it works; a component that does not
// is still a 200. It needs no token. Serves HL-32.
func (a *api) health(w http.ResponseWriter, r *http.Request) {
	type component struct {
		Name   string `json:"name"`
		Health bool   `json:"health"`
	}
	out := make([]component, 0, len(a.Health))
	for _, c := range a.Health {
		out = append(out, component{c.Name, a.works(r.Context(), c)})
	}
	w.Header().Set("Cache-Control", "no-store")
	httpjson.Write(w, http.StatusOK, out)
}

func (a *api) works(ctx context.Context, c Component) bool {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	err := c.Check(ctx)
	if err != nil {
		a.Log.WarnContext(ctx, "a component does not work", "component", c.Name, "error", err)
	}
	return err == nil
}
