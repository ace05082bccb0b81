package bigdd

import (
	"context"
	"net/http"

	"purvey"
	"purvey/internal/httpjson"
)

// shopPath begins the calls that work in a closed shop although they change
// something: those that open and close it.
const shopPath = prefix + "shop/"

func (a *api) routesShop() {
	a.read("GET /public-api/v1/shop", anyRole, a.showShop)
	a.write("POST /public-api/v1/shop/close", adminOnly, 4<<10, a.closeShop)
	a.write("POST /public-api/v1/shop/open", adminOnly, 4<<10, a.openShop)
	a.raw("POST /public-api/v1/gateways/{gateway}/check", adminOnly, a.checkGateway)
}

type shopWire struct {
	ID        string `json:"id"`
	Slug      string `json:"slug"`
	Name      string `json:"name"`
	State     string `json:"state"`
	CreatedAt string `json:"created_at"`
}

func (a *api) showShop(r *request) (any, error) { return a.shop(r.Context(), r) }

func (a *api) shop(ctx context.Context, r *request) (shopWire, error) {
	s, err := a.Shops.ByID(ctx, r.Caller.ShopID)
	return shopWire{s.ID, s.Slug, s.Name, string(s.State), wireTime(s.CreatedAt)}, err
}

func (a *api) closeShop(ctx context.Context, r *request) (int, any, error) {
	return a.setOpen(ctx, r, a.Shops.Close)
}

func (a *api) openShop(ctx context.Context, r *request) (int, any, error) {
	return a.setOpen(ctx, r, a.Shops.Open)
}

// setOpen is for owners who are signed in: a token could not take it back,
// since tokens are refused while the shop is closed.
func (a *api) setOpen(ctx context.Context, r *request, do func(context.Context, string) error) (int, any, error) {
	if !r.Caller.Owner {
		return 0, nil, purvey.Because(purvey.Denied, purvey.ReasonRole, "only an owner who is signed in to the back office opens and closes the shop")
	}
	if err := do(ctx, r.Caller.Shop.Slug); err != nil {
		return 0, nil, err
	}
	out, err := a.shop(ctx, r)
	return http.StatusOK, out, err
}

// checkGateway asks a gateway something harmless with the shop's credentials.
// It is raw, since a network is no place to go from inside a transaction.
func (a *api) checkGateway(w http.ResponseWriter, r *request) error {
	c, err := a.Checkout.CheckGateway(r.Context(), r.Caller.Shop, r.PathValue("gateway"))
	if err != nil {
		return err
	}
	httpjson.Write(w, http.StatusOK, envelope(struct {
		OK      bool    `json:"ok"`
		Account *string `json:"account"`
		Live    *bool   `json:"live"`
		Error   *string `json:"error"`
	}{c.Error == "", nullString(c.Account), c.Live, nullString(c.Error)}))
	return nil
}
