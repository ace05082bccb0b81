import type { FileName } from './file';

export interface DownloadLink {
  id: string;
  url: string;
  files: FileName[];
  use_download_limit: boolean;
  download_limit: number;
  use_stamping: boolean;
  stamping_text: string | null;
  expires_at: string | null;
  created_at: string;
  updated_at: string;
}
