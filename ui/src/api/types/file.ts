import type { Named } from './common';

export interface FileName {
  id: string;
  name: string;
  size: number;
  type: string;
}

export interface AttachedFile extends FileName {
  is_encrypted: boolean;
  uploaded: boolean;
}

export interface File extends AttachedFile {
  created_at: string;
  updated_at: string;
  products?: Named[];
  used_by?: Named[];
  sha256?: string;
}
