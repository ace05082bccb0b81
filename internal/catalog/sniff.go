package catalog

import (
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
)

// sniffed is how much of a file its type is found by, in bytes.
const sniffed = 512

// beginning reads the bytes by which a type is found, fewer when r has fewer.
// An io.ErrUnexpectedEOF of r's own is an error, which io.ReadFull would hide.
func beginning(r io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, sniffed))
}

const unknownType = "application/octet-stream"

// mediaType gives the MIME type of a file, without parameters: what the sender
// said, else what its first bytes say, else what its name says.
func mediaType(said, name string, head []byte) string {
	if t := plainType(said); t != "" && t != unknownType {
		return t
	}
	found := plainType(http.DetectContentType(head))
	switch found {
	case unknownType, "text/plain", "text/xml", "application/zip", "application/x-gzip", "application/ogg", "video/mp4":
		// A container or a family: the name may know better.
		if t := typesByName[strings.ToLower(path.Ext(name))]; t != "" {
			return t
		}
	}
	return found
}

// plainType gives a media type in lower case without parameters, or "".
func plainType(s string) string {
	t, _, err := mime.ParseMediaType(s)
	if err != nil || !strings.Contains(t, "/") || len(t) > 127 {
		return ""
	}
	return t
}

// typesByName are types of digital goods that their first bytes do not tell.
var typesByName = map[string]string{
	".7z": "application/x-7z-compressed", ".aac": "audio/aac", ".ai": "application/postscript", ".apk": "application/vnd.android.package-archive",
	".azw3": "application/vnd.amazon.ebook", ".cbz": "application/vnd.comicbook+zip", ".css": "text/css", ".csv": "text/csv",
	".dmg": "application/x-apple-diskimage", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".eps": "application/postscript", ".epub": "application/epub+zip", ".exe": "application/vnd.microsoft.portable-executable",
	".flac": "audio/flac", ".gz": "application/gzip", ".jar": "application/java-archive", ".js": "text/javascript", ".json": "application/json",
	".m4a": "audio/mp4", ".m4b": "audio/mp4", ".md": "text/markdown", ".mkv": "video/x-matroska", ".mobi": "application/x-mobipocket-ebook",
	".mov": "video/quicktime", ".mp3": "audio/mpeg", ".mp4": "video/mp4", ".musicxml": "application/vnd.recordare.musicxml+xml",
	".mxl": "application/vnd.recordare.musicxml", ".odt": "application/vnd.oasis.opendocument.text", ".oga": "audio/ogg", ".ogg": "audio/ogg",
	".opus": "audio/ogg", ".otf": "font/otf", ".pdf": "application/pdf",
	".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation", ".psd": "image/vnd.adobe.photoshop",
	".rar": "application/vnd.rar", ".stl": "model/stl", ".svg": "image/svg+xml", ".tar": "application/x-tar", ".tif": "image/tiff",
	".tiff": "image/tiff", ".ttf": "font/ttf", ".txt": "text/plain", ".wav": "audio/wav", ".webm": "video/webm", ".webp": "image/webp",
	".woff": "font/woff", ".woff2": "font/woff2", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".xml": "application/xml", ".zip": "application/zip",
}
