export interface SearchHit {
  id: string;
  title: string;
  subtitle: string | null;
}

export interface SearchResult {
  orders: SearchHit[];
  customers: SearchHit[];
  products: SearchHit[];
  files: SearchHit[];
  license_keys: SearchHit[];
}
