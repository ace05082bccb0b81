package bigdd

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"

	"purvey"
	"purvey/internal/catalog"
	"purvey/internal/delivery"
	"purvey/internal/httpjson"
)

// Limits of POST /files, the vendor's. Larger files come through /uploads.
const (
	maxFile        = 25 << 20 // bytes of the part `file`
	maxFileExtras  = 64 << 10 // bytes of all other parts, and of what is between
	filesPerMinute = 6        // of one shop
)

func (a *api) routesFiles() {
	a.read("GET /public-api/v1/files", anyRole, a.listFiles)
	a.raw("POST /public-api/v1/files", anyRole, a.uploadFile)
	a.read("GET /public-api/v1/files/{id}", anyRole, a.showFile)
	a.raw("GET /public-api/v1/files/{id}/content", anyRole, a.fileContent)
	a.write("PATCH /public-api/v1/files/{id}", anyRole, 4<<10, a.renameFile)
	a.write("DELETE /public-api/v1/files/{id}", anyRole, 0, a.deleteFile)
}

type fileWire struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Size        int64       `json:"size"`
	Type        string      `json:"type"`
	IsEncrypted bool        `json:"is_encrypted"`
	Uploaded    bool        `json:"uploaded"`
	CreatedAt   string      `json:"created_at"`
	UpdatedAt   string      `json:"updated_at"`
	Products    *[]nameWire `json:"products,omitempty"` // with include=products alone
	UsedBy      *[]nameWire `json:"used_by,omitempty"`  // the same, by the native name
	SHA256      string      `json:"sha256,omitempty"`   // of one file alone, which is a native call
}

func wireFile(f purvey.File) fileWire {
	return fileWire{
		ID: f.ID, Name: f.Name, Size: f.Size, Type: f.Type, IsEncrypted: f.Encrypted, Uploaded: f.Uploaded,
		CreatedAt: wireTime(f.CreatedAt), UpdatedAt: wireTime(f.UpdatedAt),
	}
}

// listFiles serves BDD-16.
func (a *api) listFiles(r *request) (any, error) {
	p, err := r.page()
	if err != nil {
		return nil, err
	}
	f := catalog.FileFilter{Type: strings.TrimSpace(r.query().Get("type"))}
	if f.Query, err = r.search(); err != nil {
		return nil, err
	}
	if f.Uploaded, err = r.boolParam("uploaded"); err != nil {
		return nil, err
	}
	products, err := r.includesProducts()
	if err != nil {
		return nil, err
	}
	l, err := a.Catalog.Files(r.Context(), r.Caller.ShopID, f, p)
	if err != nil {
		return nil, err
	}
	show := wireFile
	if products {
		if show, err = a.withProducts(r.Context(), r.Caller.ShopID, l.Items); err != nil {
			return nil, err
		}
	}
	return listOf(p, l, show, func(f purvey.File) (string, time.Time) { return f.ID, f.CreatedAt }), nil
}

// includesProducts tells whether include=products was asked for.
func (r *request) includesProducts() (bool, error) {
	include, err := r.enumList("include", "products")
	return slices.Contains(include, "products"), err
}

// withProducts writes files with the products that use them.
func (a *api) withProducts(ctx context.Context, shopID string, files []purvey.File) (func(purvey.File) fileWire, error) {
	ids := make([]string, len(files))
	for i, f := range files {
		ids[i] = f.ID
	}
	uses, err := a.Catalog.ProductsOfFiles(ctx, shopID, ids)
	return func(f purvey.File) fileWire {
		w := wireFile(f)
		rows := make([]nameWire, 0, len(uses[f.ID]))
		for _, p := range uses[f.ID] {
			rows = append(rows, nameWire{p.ID, p.Name})
		}
		w.Products, w.UsedBy = &rows, &rows
		return w
	}, err
}

func (a *api) showFile(r *request) (any, error) {
	products, err := r.includesProducts()
	if err != nil {
		return nil, err
	}
	f, err := a.Catalog.File(r.Context(), r.Caller.ShopID, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	show := wireFile
	if products {
		if show, err = a.withProducts(r.Context(), r.Caller.ShopID, []purvey.File{f}); err != nil {
			return nil, err
		}
	}
	w := show(f)
	w.SHA256 = f.Digest
	return w, nil
}

// fileContent sends the bytes, with ranges and conditions.
func (a *api) fileContent(w http.ResponseWriter, r *request) error {
	f, content, err := a.Catalog.Content(r.Context(), r.Caller.ShopID, r.PathValue("id"))
	if err != nil {
		return err
	}
	defer content.Close()
	h := w.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Content-Disposition", delivery.Disposition(f.Name))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", `"`+f.Digest+`"`)
	h.Set("Cache-Control", "private, no-cache")
	var body io.ReadSeeker = content
	if file := content.File(); file != nil {
		body = file // sent by the kernel
	}
	http.ServeContent(w, r.Request, "", f.CreatedAt, body)
	return nil
}

// renameFile is native. Buyers see the new name from their next visit on.
func (a *api) renameFile(ctx context.Context, r *request) (int, any, error) {
	var in struct {
		Name string `json:"name"`
	}
	if err := r.decode(&in); err != nil {
		return 0, nil, err
	}
	f, err := a.Catalog.RenameFile(ctx, r.Caller.ShopID, r.PathValue("id"), in.Name)
	return http.StatusOK, wireFile(f), err
}

// deleteFile serves BDD-18.
func (a *api) deleteFile(ctx context.Context, r *request) (int, any, error) {
	id := r.PathValue("id")
	return http.StatusOK, deleted{id, true}, a.Catalog.DeleteFile(ctx, r.Caller.ShopID, id)
}

// uploadFile serves BDD-17. The body streams through; of a file that is too
// large nothing is kept.
func (a *api) uploadFile(w http.ResponseWriter, r *request) (err error) {
	takeBack, err := a.Auth.Reserve("files "+r.Caller.ShopID, filesPerMinute, time.Minute)
	if err != nil {
		return err
	}
	counts := false
	defer func() {
		if !counts {
			takeBack()
		}
	}()
	if r.ContentLength > maxFile+maxFileExtras {
		return errFileTooLarge()
	}
	r.Request.Body = http.MaxBytesReader(w, r.Request.Body, maxFile+maxFileExtras)
	part, err := filePart(r.Request)
	if err != nil {
		return err
	}
	in, err := a.Catalog.Receive(r.Context(), r.Caller.ShopID, part.name(), part.Header.Get("Content-Type"), part, maxFile)
	if err != nil {
		return fileError(err)
	}
	status, body, replayed := http.StatusCreated, []byte(nil), false
	key := r.Header.Get("Idempotency-Key")
	err = a.Catalog.Filing(r.Context(), in, func() (err error) {
		add := func(ctx context.Context) (int, []byte, error) {
			err := a.Catalog.AddFile(ctx, in)
			return http.StatusCreated, httpjson.Encode(envelope(wireFile(in.File))), err
		}
		if key == "" {
			_, body, err = add(r.Context())
			return err
		}
		scope := r.Caller.ShopID + " " + string(r.Caller.Mode) + " POST " + r.URL.Path
		status, body, replayed, err = a.Idempotency.Do(r.Context(), scope, key, in.Digest+" "+in.Type+" "+in.Name, add)
		return err
	})
	if err != nil {
		return err
	}
	if counts = !replayed; replayed {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	httpjson.Write(w, status, json.RawMessage(body))
	return nil
}

// onlyFile reads the part `file` of a form. At its end it reads the rest of
// the form and fails unless there is nothing more to file.
type onlyFile struct {
	*multipart.Part
	form *multipart.Reader
	end  error // how the form ended, once it did
}

// filePart finds the part `file`.
func filePart(r *http.Request) (*onlyFile, error) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "multipart/form-data" {
		return nil, purvey.Errorf(purvey.Unsupported, "the Content-Type must be multipart/form-data")
	}
	form, err := r.MultipartReader()
	if err != nil {
		return nil, purvey.Errorf(purvey.Invalid, "the form has no boundary")
	}
	for {
		part, err := form.NextRawPart()
		if err == io.EOF {
			return nil, purvey.BadField("file", "is required")
		}
		if err != nil {
			return nil, fileError(err)
		}
		if part.FormName() == "file" {
			return &onlyFile{Part: part, form: form}, nil
		}
	}
}

// name is the file name as it was sent. The form's own reading keeps only what
// the system of this server takes for the last element of a path.
func (f *onlyFile) name() string {
	_, params, err := mime.ParseMediaType(f.Header.Get("Content-Disposition"))
	if err != nil {
		return f.FileName()
	}
	return params["filename"]
}

func (f *onlyFile) Read(p []byte) (int, error) {
	if f.end != nil {
		return 0, f.end
	}
	n, err := f.Part.Read(p)
	if err == io.EOF {
		f.end = f.rest()
		err = f.end
	}
	return n, err
}

// rest reads what follows the file; io.EOF is a form that is whole.
func (f *onlyFile) rest() error {
	for {
		part, err := f.form.NextRawPart()
		if err != nil {
			return err
		}
		if part.FormName() == "file" {
			return purvey.BadField("file", "must be given once")
		}
	}
}

// fileError says what was wrong with a form whose reading failed.
func fileError(err error) error {
	var own *purvey.Error
	var over *http.MaxBytesError
	switch {
	case errors.Is(err, purvey.TooLarge), errors.As(err, &over):
		return errFileTooLarge()
	case errors.As(err, &own):
		return err
	default:
		return &purvey.Error{Kind: purvey.Invalid, Detail: "the form is broken or ended early", Cause: err}
	}
}

func errFileTooLarge() error {
	return purvey.Errorf(purvey.TooLarge, "the file must be at most %d bytes; larger ones come through /public-api/v1/uploads", maxFile)
}
