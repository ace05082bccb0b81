//go:build unix

package catalog

import "syscall"

// freeSpace is how many bytes an unprivileged program may still write under
// the folder; ok is false when the system does not say.
func freeSpace(folder string) (bytes int64, ok bool) {
	var st syscall.Statfs_t
	if syscall.Statfs(folder, &st) != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}
