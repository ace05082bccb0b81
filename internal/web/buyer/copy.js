for (const code of document.querySelectorAll('[data-copy] code')) {
  if (!navigator.clipboard) break
  const words = code.closest('[data-copy]').dataset
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'second copy'
  button.textContent = words.copy
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(code.textContent)
    button.textContent = words.copied
    setTimeout(() => { button.textContent = words.copy }, 2000)
  })
  code.parentNode.append(button)
}
