package browsertest

// Scheme has pages prefer light or dark from now on.
func (b *Browser) Scheme(scheme string) {
	b.t.Helper()
	b.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// Wide tells whether the page runs over the edge of its window.
func (b *Browser) Wide() bool {
	b.t.Helper()
	return b.Eval(`document.documentElement.scrollWidth > innerWidth`) == true
}

// HardToRead names the texts that stand out from their ground by less than
// 4.5 to 1; "" when there are none.
func (b *Browser) HardToRead() string {
	b.t.Helper()
	text, _ := b.Eval(contrast).(string)
	return text
}

// contrast compares the colours of each text and its ground as WCAG 2 does.
const contrast = `(() => {
	const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
	const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data }
	const light = c => { const f = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]) }
	const bad = []
	for (const e of document.querySelectorAll('body *')) {
		if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || !e.offsetParent || e.tagName === 'SCRIPT') continue
		let ground = e, back
		do { back = rgba(getComputedStyle(ground).backgroundColor); ground = ground.parentElement } while (back[3] < 255 && ground)
		const a = light(rgba(getComputedStyle(e).color)), b = light(back), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
		if (ratio < 4.5) bad.push(e.textContent.trim().slice(0, 30) + ' ' + ratio.toFixed(1))
	}
	return bad.join('; ')
})()`
