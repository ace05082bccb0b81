// The viewer's page. It finds what to show in the attributes of the body, and
// works without memory where the browser keeps none for it.

const body = document.body
const root = document.documentElement
const at = id => document.getElementById(id)

if (/^#[0-9a-f]{6}$/i.test(root.dataset.accent)) root.style.setProperty('--accent', root.dataset.accent)

const memory = {
  get(key) { try { return localStorage.getItem('purvey-' + key) } catch { return null } },
  set(key, value) { try { localStorage.setItem('purvey-' + key, value) } catch { /* private mode, or a foreign frame */ } },
}

function setNight(on) {
  root.classList.toggle('night', on)
  at('night').setAttribute('aria-pressed', String(on))
  memory.set('night', on ? '1' : '')
}
setNight(memory.get('night') === '1')
at('night').addEventListener('click', () => setNight(!root.classList.contains('night')))
document.addEventListener('keydown', e => {
  if (e.key.toLowerCase() === 'n' && plain(e)) setNight(!root.classList.contains('night'))
})

// plain tells whether a key was meant for the page: no shortcut of the browser,
// nothing typed into a field.
function plain(e) {
  return !e.ctrlKey && !e.metaKey && !e.altKey && !e.defaultPrevented && !/^(INPUT|AUDIO|VIDEO|SELECT)$/.test(e.target.tagName)
}

if (body.dataset.kind === 'pdf') startPDF()
if (body.dataset.kind === 'image') startPicture()

function startPicture() {
  const picture = at('picture'), stage = at('stage')
  let zoom = 1
  const set = to => {
    zoom = Math.min(8, Math.max(1, to))
    picture.classList.toggle('zoomed', zoom > 1)
    const fit = Math.min(1, stage.clientWidth / picture.naturalWidth, stage.clientHeight / picture.naturalHeight)
    picture.style.width = zoom > 1 ? picture.naturalWidth * fit * zoom + 'px' : ''
    at('fit').textContent = zoom > 1 ? Math.round(zoom * 100) + ' %' : body.dataset.fit
    at('out').disabled = zoom <= 1
  }
  at('in').addEventListener('click', () => set(zoom * 1.25))
  at('out').addEventListener('click', () => set(zoom / 1.25))
  at('fit').addEventListener('click', () => set(1))
  picture.addEventListener('dblclick', () => set(zoom > 1 ? 1 : 2))
  document.addEventListener('keydown', e => {
    if (!plain(e)) return
    if (e.key === '+' || e.key === '=') set(zoom * 1.25)
    if (e.key === '-') set(zoom / 1.25)
    if (e.key === '0') set(1)
  })
  set(1)
}

async function startPDF() {
  const stage = at('stage'), sheet = at('sheet'), status = at('status'), again = at('again')
  const source = body.dataset.source
  let pdf // the document
  let current = 1, zoom = 1
  let turn = 0 // of the latest request for a page: older ones are dropped
  let drawing // the render task in progress
  const cache = new Map() // drawn pages near the current one, by number and size

  again.addEventListener('click', () => location.reload())
  function fail(text) {
    status.textContent = text
    status.classList.add('late')
    sheet.hidden = true
    again.hidden = false
    body.dataset.state = 'failed'
  }

  // piece fetches bytes of the file, and tries again when the line is bad.
  async function piece(from, to) {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await fetch(source, { headers: { Range: `bytes=${from}-${to - 1}` }, cache: 'no-store' })
        if (answer.ok) return { size: sizeOf(answer), bytes: new Uint8Array(await answer.arrayBuffer()) }
        if (answer.status < 500) tries = 9 // it will not get better
        throw new Error('status ' + answer.status)
      } catch (err) {
        if (tries >= 4) throw err
        await new Promise(done => setTimeout(done, 500 * 2 ** tries))
      }
    }
  }
  function sizeOf(answer) {
    const total = /\/(\d+)$/.exec(answer.headers.get('Content-Range') || '')
    return Number(total ? total[1] : answer.headers.get('Content-Length'))
  }

  const chunk = 65536
  try {
    const [pdfjs, first] = await Promise.all([import('./pdfjs/pdf.min.mjs'), piece(0, chunk)])
    pdfjs.GlobalWorkerOptions.workerSrc = body.dataset.root + 'pdfjs/pdf.worker.min.mjs'
    const kit = body.dataset.root + 'pdfjs/'
    const options = {
      cMapUrl: kit + 'cmaps/', cMapPacked: true, standardFontDataUrl: kit + 'standard_fonts/', wasmUrl: kit + 'wasm/', iccUrl: kit + 'iccs/',
      rangeChunkSize: chunk, disableAutoFetch: true, disableStream: true, enableXfa: false, isEvalSupported: false,
      useSystemFonts: false, // the letters of the system have other widths than those the page was set in
    }
    if (first.bytes.length >= first.size) {
      options.data = first.bytes
    } else {
      options.range = new pdfjs.PDFDataRangeTransport(first.size, first.bytes)
      options.range.requestDataRange = (from, to) => {
        piece(from, to).then(p => options.range.onDataRange(from, p.bytes), () => fail(body.dataset.stopped))
      }
    }
    const task = pdfjs.getDocument(options)
    task.onPassword = () => { fail(body.dataset.locked); task.destroy() }
    pdf = await task.promise
  } catch (err) {
    if (body.dataset.state !== 'failed') fail(/^status 4/.test(err.message) ? body.dataset.stopped : body.dataset.failed)
    return
  }

  at('total').textContent = body.dataset.of + ' ' + pdf.numPages
  at('slider').max = pdf.numPages
  document.querySelector('footer').hidden = pdf.numPages < 2
  const asked = /^#page=(\d+)$/.exec(location.hash)
  show(Number(asked ? asked[1] : memory.get('page-' + body.dataset.file)) || 1)

  // scaleOf fits the page into the stage: whole on a wide one, by its width on
  // a narrow one, where a whole page would be too small to read.
  function scaleOf(page) {
    const natural = page.getViewport({ scale: 1 })
    const gap = stage.clientWidth < 700 ? 0 : 32
    const across = (stage.clientWidth - gap) / natural.width
    const down = (stage.clientHeight - gap) / natural.height
    return (stage.clientWidth < 700 ? across : Math.min(across, down)) * zoom
  }

  // draw gives a canvas of a page; cancelled drawings give nothing.
  async function draw(number, scale) {
    const density = Math.min(window.devicePixelRatio || 1, 3)
    const key = number + '@' + scale.toFixed(4) + '@' + density
    if (cache.has(key)) return cache.get(key)
    const page = await pdf.getPage(number)
    const size = page.getViewport({ scale })
    // Browsers of phones draw no canvas beyond some 16 million points.
    const sharp = Math.min(density, Math.sqrt(12e6 / (size.width * size.height)))
    const canvas = document.createElement('canvas')
    canvas.width = Math.floor(size.width * sharp)
    canvas.height = Math.floor(size.height * sharp)
    canvas.style.width = Math.floor(size.width) + 'px'
    canvas.style.height = Math.floor(size.height) + 'px'
    canvas.setAttribute('role', 'img')
    canvas.setAttribute('aria-label', body.dataset.page + ' ' + number + ' ' + body.dataset.of + ' ' + pdf.numPages)
    drawing = page.render({ canvas, viewport: page.getViewport({ scale: scale * sharp }) })
    await drawing.promise
    cache.set(key, canvas)
    for (const old of cache.keys()) if (cache.size > 4) cache.delete(old)
    return canvas
  }

  async function show(number, top = true) {
    const mine = ++turn
    current = Math.min(Math.max(1, Math.trunc(number) || 1), pdf.numPages)
    at('number').value = current
    at('slider').value = current
    at('prev').disabled = current === 1
    at('next').disabled = current === pdf.numPages
    at('fit').textContent = zoom === 1 ? body.dataset.fit : Math.round(zoom * 100) + ' %'
    at('out').disabled = zoom <= 0.5
    at('in').disabled = zoom >= 6
    body.classList.add('busy')
    body.dataset.state = 'busy'
    drawing?.cancel()
    try {
      const page = await pdf.getPage(current)
      if (mine !== turn) return
      const canvas = await draw(current, scaleOf(page))
      if (mine !== turn) return
      sheet.replaceChildren(canvas)
      status.textContent = ''
      stage.classList.toggle('wide', stage.scrollWidth > stage.clientWidth + 2) // then a finger scrolls, and turns no page
      if (top) stage.scrollTo(stage.scrollLeft, 0)
      body.classList.remove('busy')
      history.replaceState(null, '', location.pathname + location.search + '#page=' + current)
      memory.set('page-' + body.dataset.file, current)
      const text = await page.getTextContent()
      if (mine !== turn) return
      at('words').textContent = text.items.map(i => (i.str || '') + (i.hasEOL ? '\n' : '')).join('')
      body.dataset.state = 'shown'
      if (current < pdf.numPages) await draw(current + 1, scaleOf(await pdf.getPage(current + 1)))
    } catch (err) {
      if (err?.name !== 'RenderingCancelledException' && mine === turn && body.dataset.state === 'busy') fail(body.dataset.failed)
    }
  }

  const step = by => { if (current + by >= 1 && current + by <= pdf.numPages) show(current + by) }
  const resize = to => { zoom = Math.min(6, Math.max(0.5, to)); if (Math.abs(zoom - 1) < 0.05) zoom = 1; show(current, false) }

  at('prev').addEventListener('click', () => step(-1))
  at('next').addEventListener('click', () => step(1))
  at('in').addEventListener('click', () => resize(zoom * 1.25))
  at('out').addEventListener('click', () => resize(zoom / 1.25))
  at('fit').addEventListener('click', () => resize(1))
  at('slider').addEventListener('input', e => { at('number').value = e.target.value })
  at('slider').addEventListener('change', e => show(Number(e.target.value)))
  at('number').addEventListener('change', e => show(Number(e.target.value) || current))
  at('number').addEventListener('focus', e => e.target.select())
  window.addEventListener('hashchange', () => {
    const to = /^#page=(\d+)$/.exec(location.hash)
    if (to) show(Number(to[1]))
  })

  document.addEventListener('keydown', e => {
    if (!plain(e)) return
    const down = stage.scrollTop + stage.clientHeight < stage.scrollHeight - 2, up = stage.scrollTop > 2
    const wide = stage.scrollWidth > stage.clientWidth + 2
    switch (e.key) {
      case 'ArrowRight': if (wide && zoom > 1) return; step(1); break
      case 'ArrowLeft': if (wide && zoom > 1) return; step(-1); break
      case 'ArrowDown': case ' ': case 'PageDown':
        if (e.key === ' ' && e.target.tagName === 'BUTTON') return
        if (down && !e.shiftKey) { stage.scrollBy(0, e.key === 'ArrowDown' ? 60 : stage.clientHeight * 0.9); break }
        step(e.shiftKey ? -1 : 1); break
      case 'ArrowUp': case 'PageUp':
        if (up) { stage.scrollBy(0, e.key === 'ArrowUp' ? -60 : -stage.clientHeight * 0.9); break }
        step(-1); break
      case 'Home': show(1); break
      case 'End': show(pdf.numPages); break
      case '+': case '=': resize(zoom * 1.25); break
      case '-': resize(zoom / 1.25); break
      case '0': resize(1); break
      default: return
    }
    e.preventDefault()
  })

  // A finger turns pages by swiping, or by a tap at the edge; two pinch.
  let finger, pinch
  stage.addEventListener('touchstart', e => {
    finger = e.touches.length === 1 ? { x: e.touches[0].clientX, y: e.touches[0].clientY, left: stage.scrollLeft, time: e.timeStamp } : null
    if (e.touches.length === 2) pinch = { apart: apart(e), zoom, by: 1 }
  }, { passive: true })
  stage.addEventListener('touchmove', e => {
    if (!pinch || e.touches.length !== 2) return
    e.preventDefault()
    pinch.by = apart(e) / pinch.apart
    sheet.style.transform = `scale(${pinch.by})`
  }, { passive: false })
  stage.addEventListener('touchend', e => {
    if (pinch) {
      sheet.style.transform = ''
      resize(pinch.zoom * pinch.by)
      pinch = null
      return
    }
    if (!finger || e.touches.length) return
    const x = e.changedTouches[0].clientX - finger.x, y = e.changedTouches[0].clientY - finger.y
    const still = Math.abs(stage.scrollLeft - finger.left) < 2 // a zoomed page scrolls under the finger first
    const edge = finger.x / stage.clientWidth
    if (still && Math.abs(x) > 50 && Math.abs(x) > 2 * Math.abs(y)) step(x < 0 ? 1 : -1)
    else if (Math.abs(x) < 8 && Math.abs(y) < 8 && e.timeStamp - finger.time < 300 && zoom === 1) {
      if (edge > 0.75) step(1)
      if (edge < 0.25) step(-1)
    }
    finger = null
  })
  stage.addEventListener('touchcancel', () => { finger = pinch = null; sheet.style.transform = '' })
  function apart(e) {
    return Math.hypot(e.touches[0].clientX - e.touches[1].clientX, e.touches[0].clientY - e.touches[1].clientY)
  }

  let settle
  new ResizeObserver(() => {
    clearTimeout(settle)
    settle = setTimeout(() => { if (body.dataset.state === 'shown') show(current, false) }, 150)
  }).observe(stage)
}
