package middleware

import (
	"io"
	"net/http"
)

// Recorder is a ResponseWriter that remembers the status and counts the bytes
// of the body. It passes ReadFrom on to the writer below, which is how the
// kernel sends a file straight to the socket; a wrapper without it costs four
// times the processor time a byte.
type Recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// Record gives w if it is a Recorder, else a new one around it.
func Record(w http.ResponseWriter) *Recorder {
	if rec, ok := w.(*Recorder); ok {
		return rec
	}
	return &Recorder{ResponseWriter: w}
}

// Status is the status sent, or 0 before anything was sent.
func (w *Recorder) Status() int { return w.status }

// Bytes is the number of bytes of the body handed to the connection.
func (w *Recorder) Bytes() int64 { return w.bytes }

// WriteHeader sends the status. Informational ones (1xx) may come before it.
func (w *Recorder) WriteHeader(status int) {
	if w.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a piece of the body.
func (w *Recorder) Write(p []byte) (int, error) {
	w.begin()
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// WriteString sends a piece of the body.
func (w *Recorder) WriteString(s string) (int, error) {
	w.begin()
	n, err := io.WriteString(w.ResponseWriter, s)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom sends what src holds, by the ReadFrom of the writer below if it has
// one.
func (w *Recorder) ReadFrom(src io.Reader) (int64, error) {
	w.begin()
	to, ok := w.ResponseWriter.(io.ReaderFrom)
	if !ok {
		// io.Copy would find this very method again if it saw the Recorder.
		n, err := io.Copy(struct{ io.Writer }{w.ResponseWriter}, src)
		w.bytes += n
		return n, err
	}
	n, err := to.ReadFrom(src)
	w.bytes += n
	return n, err
}

// Flush sends what is buffered.
func (w *Recorder) Flush() { _ = w.FlushError() }

// FlushError is Flush for http.ResponseController.
func (w *Recorder) FlushError() error {
	w.begin()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap gives the writer below to http.ResponseController.
func (w *Recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// begin notes the status that is sent when none was named.
func (w *Recorder) begin() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
}
