package stamp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"purvey"
)

// The verdicts on a file. They are wrapped with a detail meant for a log.
var (
	ErrEncrypted = errors.New("the file needs a password to be opened")
	ErrBroken    = errors.New("the file is damaged or not of its kind")
	ErrTooLarge  = errors.New("the file needs more memory, time or objects than allowed")
	ErrGlyphs    = errors.New("the font cannot draw the text")
)

// Refused tells whether err is a verdict on the file or the text, so that
// trying again is of no use.
func Refused(err error) bool {
	for _, verdict := range []error{ErrEncrypted, ErrBroken, ErrTooLarge, ErrGlyphs} {
		if errors.Is(err, verdict) {
			return true
		}
	}
	return false
}

// Position says where on the visible page the mark stands.
type Position string

// The positions. The zero value is BottomCenter.
const (
	BottomCenter Position = "bottom-center"
	BottomLeft   Position = "bottom-left"
	BottomRight  Position = "bottom-right"
	TopCenter    Position = "top-center"
	TopLeft      Position = "top-left"
	TopRight     Position = "top-right"
	Diagonal     Position = "diagonal" // through the middle, rising to the right; copying it out gives it in pieces
)

// Limits and defaults of Options.
const (
	MaxText       = 4000 // characters of a text after Expand
	MinSize       = 4.0  // points
	MaxSize       = 144.0
	DefaultSize   = 8.0
	DefaultMargin = 14.0 // points
	DefaultColor  = "#808080"
)

// Options says what is put on a page and how. Only Text is required.
type Options struct {
	// Text is the mark, UTF-8, 1 to MaxText characters. A newline starts a new
	// line; lines too long for a page are wrapped at spaces.
	Text string `json:"text"`

	Position Position `json:"position,omitempty"`
	Size     float64  `json:"size,omitempty"`    // height of the letters in points, MinSize to MaxSize; 0 is DefaultSize
	Margin   float64  `json:"margin,omitempty"`  // distance from the edges in points, up to 200; 0 is DefaultMargin
	Color    string   `json:"color,omitempty"`   // "#rrggbb"; empty is DefaultColor
	Opacity  float64  `json:"opacity,omitempty"` // above 0 to 1; 0 is 1, opaque

	// FontFile names a TrueType font for the characters that the built-in one
	// lacks. Empty means none: such a text is refused with ErrGlyphs.
	FontFile string `json:"font_file,omitempty"`
}

// Check fills the defaults in and refuses bad values with a purvey.Invalid
// error that names each field.
func (o Options) Check() (Options, error) {
	if o.Position == "" {
		o.Position = BottomCenter
	}
	if o.Size == 0 {
		o.Size = DefaultSize
	}
	if o.Margin == 0 {
		o.Margin = DefaultMargin
	}
	if o.Color == "" {
		o.Color = DefaultColor
	}
	if o.Opacity == 0 {
		o.Opacity = 1
	}
	o.Text = strings.TrimSpace(strings.ReplaceAll(o.Text, "\r\n", "\n"))
	var c purvey.Checker
	n := utf8.RuneCountInString(o.Text)
	c.Require(n >= 1 && n <= MaxText, "text", "must have 1 to %d characters", MaxText)
	c.Require(utf8.ValidString(o.Text) && !strings.ContainsFunc(o.Text, control), "text", "must be UTF-8 without control characters")
	switch o.Position {
	case BottomCenter, BottomLeft, BottomRight, TopCenter, TopLeft, TopRight, Diagonal:
	default:
		c.Require(false, "position", "must be bottom-center, bottom-left, bottom-right, top-center, top-left, top-right or diagonal")
	}
	c.Require(o.Size >= MinSize && o.Size <= MaxSize, "size", "must be %g to %g points", MinSize, MaxSize)
	c.Require(o.Margin > 0 && o.Margin <= 200, "margin", "must be above 0 and at most 200 points")
	c.Require(o.Opacity > 0 && o.Opacity <= 1, "opacity", "must be above 0 and at most 1")
	_, err := o.rgb()
	c.Require(err == nil, "color", "must look like #808080")
	return o, c.Err()
}

func control(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\ufffe' || r == '\uffff')
}

// rgb gives the colour as the operands of the PDF operator rg, 0 to 1 each.
func (o Options) rgb() (string, error) {
	if len(o.Color) != 7 || o.Color[0] != '#' {
		return "", fmt.Errorf("color %q", o.Color)
	}
	n, err := strconv.ParseUint(o.Color[1:], 16, 24)
	if err != nil {
		return "", err
	}
	part := func(shift uint) string { return num(float64(n>>shift&0xff) / 255) }
	return part(16) + " " + part(8) + " " + part(0), nil
}

// layout is part of every Key; it is raised when the marks change their look,
// so that cached copies of an older look are not served.
const layout = "2"

// Key names the stamped copy of the file with this digest under these options,
// 64 hex digits. Equal keys mean equal copies as long as the file named by
// FontFile keeps its size and time.
func Key(digest string, o Options) string {
	if checked, err := o.Check(); err == nil {
		o = checked
	}
	font := ""
	if o.FontFile != "" {
		if st, err := os.Stat(o.FontFile); err == nil {
			font = fmt.Sprint(st.Size(), st.ModTime().UnixNano())
		}
	}
	// A JSON array cannot be read in two ways, whatever the parts hold.
	b, err := json.Marshal([]any{layout, digest, o, font})
	if err != nil { // only NaN or an infinity gets here, and Check refuses both
		b = fmt.Appendf(nil, "%q %q %+v", layout, digest, o)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
