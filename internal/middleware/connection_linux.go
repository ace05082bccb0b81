package middleware

import (
	"syscall"
	"unsafe"
)

// Numbers of the Linux interface that package syscall does not name.
const (
	tcpNotSentLowWater = 25     // TCP_NOTSENT_LOWAT
	ioctlOutQueue      = 0x5411 // SIOCOUTQ
)

func pace(fd, most int) {
	_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, tcpNotSentLowWater, most) // without it counts are coarser, not wrong
}

func unsent(fd int) int64 {
	var n int32
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), ioctlOutQueue, uintptr(unsafe.Pointer(&n))); e != 0 {
		return 0
	}
	return int64(n)
}
