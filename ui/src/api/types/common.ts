export interface Named {
  id: string;
  name: string;
}

export interface Deleted {
  id: string;
  deleted: true;
}

export interface MoneyAmount {
  currency: string;
  cents: number;
}
