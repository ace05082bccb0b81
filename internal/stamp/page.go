package stamp

import (
	"fmt"
	"math"
)

// Limits of the page tree.
const (
	MaxPages     = 100_000
	maxTreeDepth = 64
)

// page is one page object with what it inherits.
type page struct {
	object
	dict      dict
	box       box     // visible part, in the units of the page
	rotate    int     // 0, 90, 180 or 270, clockwise
	unit      float64 // points in one unit of the page
	resources holder  // where the resource dictionary is written
}

// holder names the dictionary that an entry lives in: the object num under
// key, or the page itself.
type holder struct {
	node ref // the page tree node that has /Resources; zero if none has
	own  bool
}

// inherited are the attributes that page tree nodes hand down.
type inherited struct {
	media, crop, rotate []byte
	resources           ref
}

// pages calls fn for every page, in order. A page named twice is visited once.
func (d *document) pages(fn func(p page) error) error {
	root, err := d.dict(d.trailer.get("Root"))
	if err != nil {
		return err
	}
	top, ok := asRef(root.get("Pages"))
	if !ok {
		return errOdd
	}
	w := walker{d: d, fn: fn, seen: map[int]bool{}}
	if err := w.node(top, inherited{}, 0); err != nil {
		return err
	}
	if w.count == 0 {
		return errOdd
	}
	return nil
}

type walker struct {
	d     *document
	fn    func(p page) error
	seen  map[int]bool // true while it is a node, so that circles show
	count int
}

func (w *walker) node(r ref, in inherited, depth int) error {
	if depth > maxTreeDepth {
		return errOdd
	}
	o, err := w.d.load(r)
	if err != nil {
		return err
	}
	o.ref = r
	dict, err := asDict(o.value)
	if err != nil {
		return err
	}
	if dict.get("Kids") == nil {
		return w.leaf(o, dict, in)
	}
	if w.seen[r.num] {
		return errOdd
	}
	w.seen[r.num] = true
	for _, a := range []struct {
		key string
		to  *[]byte
	}{{"MediaBox", &in.media}, {"CropBox", &in.crop}, {"Rotate", &in.rotate}} {
		if v := dict.get(a.key); !isNull(v) {
			*a.to = v
		}
	}
	if !w.d.absent(dict.get("Resources")) {
		in.resources = r
	}
	kids, err := w.d.resolve(dict.get("Kids"))
	if err != nil {
		return err
	}
	list, err := elements(kids.value)
	if err != nil {
		return err
	}
	for _, k := range list {
		kid, ok := asRef(k)
		if !ok {
			return errOdd
		}
		if err := w.node(kid, in, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) leaf(o object, d dict, in inherited) error {
	if t := d.get("Type"); !isNull(t) && !isName(t, "Page") && !isName(t, "Template") {
		return errOdd
	}
	if node, again := w.seen[o.num]; again {
		if node {
			return errOdd
		}
		return nil
	}
	w.seen[o.num] = false
	if w.count++; w.count > MaxPages {
		return fmt.Errorf("%w: more than %d pages", ErrTooLarge, MaxPages)
	}
	p := page{object: o, dict: d, unit: 1}
	if p.resources = (holder{node: in.resources}); !w.d.absent(d.get("Resources")) {
		p.resources = holder{own: true}
	}
	pick := func(key string, otherwise []byte) []byte {
		if v := d.get(key); !isNull(v) {
			return v
		}
		return otherwise
	}
	media, ok := w.d.box(pick("MediaBox", in.media))
	if !ok {
		media = box{0, 0, 612, 792} // what readers assume, too
	}
	p.box = media
	if crop, ok := w.d.box(pick("CropBox", in.crop)); ok {
		if both, ok := crop.and(media); ok {
			p.box = both
		}
	}
	if n, err := w.d.integer(pick("Rotate", in.rotate)); err == nil && n%90 == 0 {
		p.rotate = int((n%360 + 360) % 360)
	}
	if o, err := w.d.resolve(d.get("UserUnit")); err == nil {
		if u, ok := asNumber(o.value); ok && u >= 0.01 && u <= 100_000 {
			p.unit = u
		}
	}
	return w.fn(p)
}

// box is a rectangle: left, bottom, right, top.
type box [4]float64

// box reads a rectangle, whose numbers and self may be references. ok is false
// for one without an area or beyond any page.
func (d *document) box(b []byte) (box, bool) {
	if isNull(b) {
		return box{}, false
	}
	o, err := d.resolve(b)
	if err != nil {
		return box{}, false
	}
	list, err := elements(o.value)
	if err != nil || len(list) != 4 {
		return box{}, false
	}
	var r box
	for i, e := range list {
		o, err := d.resolve(e)
		if err != nil {
			return box{}, false
		}
		n, ok := asNumber(o.value)
		if !ok || math.Abs(n) > 1e7 {
			return box{}, false
		}
		r[i] = n
	}
	r = box{min(r[0], r[2]), min(r[1], r[3]), max(r[0], r[2]), max(r[1], r[3])}
	return r, r[2]-r[0] >= 1e-3 && r[3]-r[1] >= 1e-3
}

func (a box) and(b box) (box, bool) {
	r := box{max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])}
	return r, r[2]-r[0] >= 1e-3 && r[3]-r[1] >= 1e-3
}

// visible gives the width and height that the reader sees, in points.
func (p page) visible() (w, h float64) {
	w, h = (p.box[2]-p.box[0])*p.unit, (p.box[3]-p.box[1])*p.unit
	if p.rotate%180 != 0 {
		return h, w
	}
	return w, h
}

// matrix is an affine transformation as the operator cm takes it.
type matrix [6]float64

// place gives the matrix that brings a drawing made in points, with its origin
// at x, y of the visible page and turned by angle (radians, counter-clockwise),
// onto this page.
func (p page) place(x, y, angle float64) matrix {
	s, c := math.Sincos(angle)
	return matrix{c, s, -s, c, x, y}.then(matrix{1 / p.unit, 0, 0, 1 / p.unit, 0, 0}).then(p.upright())
}

// upright leads from the visible page, origin at its lower left, to the page's
// own units. A page turned clockwise by 90 degrees has its right edge below.
func (p page) upright() matrix {
	switch p.rotate {
	case 90:
		return matrix{0, 1, -1, 0, p.box[2], p.box[1]}
	case 180:
		return matrix{-1, 0, 0, -1, p.box[2], p.box[3]}
	case 270:
		return matrix{0, -1, 1, 0, p.box[0], p.box[3]}
	}
	return matrix{1, 0, 0, 1, p.box[0], p.box[1]}
}

// then is m followed by n.
func (m matrix) then(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

func (m matrix) String() string {
	s := ""
	for i, f := range m {
		if i > 0 {
			s += " "
		}
		s += num(f)
	}
	return s
}
