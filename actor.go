package purvey

import "context"

// ActorType is the sort of somebody who changes something.
type ActorType string

// The sorts of actors.
const (
	ActorMember  ActorType = "member"  // a person in the back office
	ActorToken   ActorType = "token"   // a program with an API token
	ActorSystem  ActorType = "system"  // the server by itself, or its operator
	ActorBuyer   ActorType = "buyer"   // a customer, on a page of the shop
	ActorGateway ActorType = "gateway" // a payment gateway's notice
	ActorStore   ActorType = "store"   // a connected store's notice
)

// Actor is who makes a change, as the audit log names them.
type Actor struct {
	Type      ActorType
	ID        string // of the member, token, gateway or store; "" where there is none
	Name      string // as it was then
	IP        string // the client's address; "" within the server
	RequestID string // of the request, as the access log has it
	Owner     bool   // a member who owns the shop that they act in
}

type actorKey struct{}

// WithActor says on whose behalf work under the context is done.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf gives on whose behalf work under ctx is done: the system's, unless
// WithActor said otherwise.
func ActorOf(ctx context.Context) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	return Actor{Type: ActorSystem}
}
