package region

import "net/netip"

// Public tells whether a buyer on the Internet could have the address: it is
// not private, shared, local to a machine or a link, multicast or reserved.
// The ranges that are set aside for documentation count as public, since they
// stand in examples for buyers; their country is unknown.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsValid() && ip.Zone() == "" && ip.IsGlobalUnicast() && !ip.IsPrivate() && !within(ip, reserved)
}

// reserved are the ranges of the special-purpose registries (RFC 6890) that
// netip does not know and that are no one's address.
func reserved() []netip.Prefix {
	return []netip.Prefix{
		v4(0, 0, 0, 0, 8),
		v4(100, 64, 0, 0, 10), // shared by the customers of a carrier
		v4(192, 0, 0, 0, 24),
		v4(192, 88, 99, 0, 24),
		v4(198, 18, 0, 0, 15), // benchmarks
		v4(240, 0, 0, 0, 4),
		v6(0x0064, 0xff9b, 0x0001, 48), // translation inside a network
		v6(0x0100, 0, 0, 64),           // discarded
		v6(0xfec0, 0, 0, 10),           // site-local, withdrawn
	}
}

// documentation are the ranges for examples (RFC 5737, 3849, 9637).
func documentation() []netip.Prefix {
	return []netip.Prefix{
		v4(192, 0, 2, 0, 24), v4(198, 51, 100, 0, 24), v4(203, 0, 113, 0, 24),
		v6(0x2001, 0x0db8, 0, 32), v6(0x3fff, 0, 0, 20),
	}
}

func v4(a, b, c, d byte, bits int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{a, b, c, d}), bits)
}

func v6(a, b, c uint16, bits int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom16([16]byte{byte(a >> 8), byte(a), byte(b >> 8), byte(b), byte(c >> 8), byte(c)}), bits)
}

func within(ip netip.Addr, ranges func() []netip.Prefix) bool {
	for _, p := range ranges() {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}
