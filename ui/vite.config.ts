import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The server that `npm run dev` talks to: a running bin/purvey.
const server = process.env['PURVEY_DEV'] ?? 'http://127.0.0.1:8080';
const through = { target: server, changeOrigin: false };

export default defineConfig({
  base: '/admin/',
  plugins: [react()],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  // The server puts a fresh nonce in place of this text on each answer.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: '../internal/web/admin/dist',
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 800,
  },
  server: {
    proxy: {
      '/public-api': through,
      '^/admin/(session|sessions|account/|password-resets|invitations|setup)': { ...through, bypass: pageOnly },
      '^/admin/account$': { ...through, bypass: pageOnly },
    },
  },
});

// A page that the browser navigates to is the application's own.
function pageOnly(req: { headers: { accept?: string | undefined }; url?: string | undefined }): string | undefined {
  return req.headers.accept?.includes('text/html') && !req.url?.startsWith('/admin/setup') ? '/admin/index.html' : undefined;
}
