// A product's settings in words.
import type { Product } from '@/api/types/product';
import { plural } from '@/parts';

export function delivers(p: Product): string {
  const parts: string[] = [];
  if (p.access !== 'LICENSE_KEY') {
    if (p.delivering_type === 'UNIQUE') parts.push('files of its own per order');
    else if (p.files.length > 0) parts.push(plural(p.files.length, 'file'));
  }
  if (p.access !== 'FILE') parts.push('a licence key');
  if (p.links.length > 0) parts.push(plural(p.links.length, 'link'));
  if (parts.length === 0) return 'nothing yet';
  const text = parts.join(' and ');
  return p.delivering_type === 'SCHEDULED' ? `${text}, at a date` : text;
}

export function limitsOf(p: Pick<Product, 'max_downloads' | 'download_in'>): string {
  const parts: string[] = [];
  if (p.max_downloads) parts.push(plural(p.max_downloads, 'copy', 'copies'));
  if (p.download_in) parts.push(plural(p.download_in, 'day'));
  return parts.length === 0 ? 'none' : parts.join(', ');
}
