package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"

	"purvey"
	"purvey/internal/blob"
)

// ErrBudget ends a transfer whose copy has been sent twice over.
var ErrBudget = errors.New("the copy has been sent twice over")

// Body is the answer to one request for bytes of an Item. It belongs to one
// goroutine and must be closed.
type Body struct {
	s       *Service
	item    *Item
	client  Client
	copies  map[int]*openCopy // by piece
	running bool              // a copy has begun: the others of an archive follow
	ended   []*openCopy       // that were sent twice over on the way
	reader  blob.Reader       // of the piece it was opened for
	piece   int
	written int64     // of all pieces, so far
	landing []landing // in the order of sending
}

// landing is a run of bytes that was handed to the connection and may not have
// reached the client yet.
type landing struct {
	flight *flight
	end    int64 // what was written of the whole answer when it was
}

// Begin makes sure that the bytes of an Item from one on may be sent, and
// begins the copy that they belong to, unless one is open. Refused, it is
// purvey.Denied with a reason, and nothing has changed. from is the lowest byte
// that will be sent.
func (s *Service) Begin(ctx context.Context, it *Item, from int64, c Client) (*Body, error) {
	b := &Body{s: s, item: it, client: c, copies: map[int]*openCopy{}}
	for i, p := range it.pieces {
		if p.goods != nil && (from < p.size || p.size == 0 && from <= 0) {
			// Bytes that are not there must not use up a copy.
			if err := b.open(ctx, i); err != nil {
				b.Close(0)
				return nil, err
			}
			if _, err := b.copyOf(ctx, i, max(from, 0)); err != nil {
				b.Close(0)
				return nil, err
			}
			break
		}
		from -= p.size
	}
	return b, nil
}

// copyOf gives the copy of a piece, begun if need be.
func (b *Body) copyOf(ctx context.Context, i int, from int64) (*openCopy, error) {
	if oc := b.copies[i]; oc != nil {
		return oc, nil
	}
	g := b.item.pieces[i].goods
	oc, err := b.s.begin(ctx, g.sources, g.file, g.size, from, b.running, b.client)
	if err == nil {
		b.copies[i], b.running = oc, true
	}
	return oc, err
}

// renew gives the copy that the rest of a piece belongs to, when the one it
// began in has been sent twice over: what another request would get. Where
// there is none the answer ends with ErrBudget.
func (b *Body) renew(ctx context.Context, i int, from int64) (*openCopy, error) {
	b.ended = append(b.ended, b.copies[i])
	delete(b.copies, i)
	oc, err := b.copyOf(ctx, i, from)
	if purvey.ReasonOf(err) != purvey.ReasonNone {
		err = ErrBudget
	}
	return oc, err
}

// Send writes the bytes from inclusive to exclusive of the Item. It counts
// them as it goes, and stops with ErrBudget where the copy has been sent twice
// over and no other may begin. Where w has ReadFrom, as the answer of a plain HTTP/1 connection has,
// stored files are sent by the kernel.
func (b *Body) Send(ctx context.Context, w io.Writer, from, to int64) error {
	start := int64(0)
	for i, p := range b.item.pieces {
		lo, hi := max(from-start, 0), min(to-start, p.size)
		start += p.size
		switch {
		case p.goods != nil && p.size == 0 && lo == 0 && hi == 0:
			// An empty file is delivered by being passed.
			oc, err := b.copyOf(ctx, i, 0)
			if err != nil {
				return err
			}
			b.landing = append(b.landing, landing{oc.fly(0), b.written})
		case lo >= hi:
		case p.goods != nil:
			if err := b.sendGoods(ctx, w, i, lo, hi); err != nil {
				return err
			}
		default:
			text, err := p.text(ctx)
			if err != nil {
				return err
			}
			n, err := w.Write(text[lo:hi])
			b.written += int64(n)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Bytes are reserved and sent in chunks of a part of the file, so that
// requests in flight together do not hold back much of the budget.
const (
	chunkLeast = 64 << 10
	chunkMost  = 8 << 20
	chunkParts = 32
)

func (b *Body) sendGoods(ctx context.Context, w io.Writer, i int, from, to int64) error {
	oc, err := b.copyOf(ctx, i, from)
	if err != nil {
		return err
	}
	if err := b.open(ctx, i); err != nil {
		return err
	}
	if _, err := b.reader.Seek(from, io.SeekStart); err != nil {
		return err
	}
	// io.CopyN hands a file to the writer's ReadFrom, which knows how to have
	// the kernel send it.
	var src io.Reader = b.reader
	if f := b.reader.File(); f != nil {
		src = f
	}
	f := oc.fly(from)
	land := func() {
		b.landing = append(b.landing, landing{f, b.written})
		b.settle()
	}
	defer func() { land() }()
	chunk := min(max(b.item.pieces[i].size/chunkParts, chunkLeast), chunkMost)
	fruitless := 0
	for at := from; at < to; {
		n := f.reserve(min(chunk, to-at))
		if n == 0 {
			if fruitless++; fruitless > 2 {
				return ErrBudget // others hold what is left
			}
			if oc, err = b.renew(ctx, i, at); err != nil {
				return err
			}
			land()
			f = oc.fly(at)
			continue
		}
		fruitless = 0
		sent, err := io.CopyN(w, src, n)
		f.sent(n, sent)
		b.written += sent
		at += sent
		if err != nil {
			return err
		}
	}
	return nil
}

// open opens the content of a piece and checks that it is all there.
func (b *Body) open(ctx context.Context, i int) error {
	if b.reader != nil && b.piece == i {
		return nil
	}
	b.shut()
	g := b.item.pieces[i].goods
	r, err := b.s.bucket.Open(ctx, g.digest)
	if errors.Is(err, purvey.NotFound) { // the page is there, and so is the file's record
		err = &purvey.Error{Kind: purvey.Unavailable, Detail: "the stored file is missing", Cause: fmt.Errorf("content %s: %v", g.digest, err)}
	}
	if err != nil {
		return err
	}
	b.reader, b.piece = r, i
	if r.Size() != g.size {
		return &purvey.Error{Kind: purvey.Unavailable, Detail: "the stored file is damaged",
			Cause: fmt.Errorf("content %s has %d bytes, not %d", g.digest, r.Size(), g.size)}
	}
	return nil
}

func (b *Body) shut() {
	if b.reader != nil {
		b.reader.Close() // it was only read
		b.reader = nil
	}
}

// settle lands the runs that lie so far back that they have surely arrived.
func (b *Body) settle() {
	for len(b.landing) > 0 && b.written-b.landing[0].end > slack {
		b.landing[0].flight.land(b.s.db.Now(), 0)
		b.landing = b.landing[1:]
	}
}

// Close ends the answer. The last lost bytes that were written did not reach
// the client, as far as one can know, and are taken back.
func (b *Body) Close(lost int64) {
	b.shut()
	now := b.s.db.Now()
	for i := len(b.landing) - 1; i >= 0; i-- {
		f := b.landing[i].flight
		gone := min(lost, f.to-f.from)
		f.land(now, gone)
		lost -= gone
	}
	b.landing = nil
	for _, oc := range b.copies {
		b.s.release(oc)
	}
	for _, oc := range b.ended {
		b.s.release(oc)
	}
	clear(b.copies)
	b.ended = nil
}
