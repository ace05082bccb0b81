// What a person typed or brought, as rows of POST /assignments.
import { heading, parseCsv } from '@/parts/csv';

export interface Row {
  email: string;
  firstname?: string;
  lastname?: string;
  digital_product_id: string;
  expires_at?: string;
}

const names: Readonly<Record<string, keyof Row>> = {
  email: 'email', emailaddress: 'email', mail: 'email',
  firstname: 'firstname', lastname: 'lastname', surname: 'lastname',
  digitalproductid: 'digital_product_id', productid: 'digital_product_id', product: 'digital_product_id',
  expiresat: 'expires_at', expires: 'expires_at', until: 'expires_at',
};

/** Rows of a table with a heading, or of plain addresses. What a row does not say is as given. */
export function rowsOf(text: string, product: string, until: string): Row[] {
  const table = parseCsv(text);
  const head = table[0]?.map((cell) => names[heading(cell)]) ?? [];
  const titled = head.includes('email');
  return (titled ? table.slice(1) : table).flatMap((cells) => {
    const row: Row = { email: titled ? '' : (cells[0] ?? ''), digital_product_id: product, ...(until === '' ? {} : { expires_at: until }) };
    if (titled) {
      head.forEach((name, i) => {
        const cell = cells[i] ?? '';
        if (name !== undefined && cell !== '') row[name] = cell;
      });
    }
    return row.email === '' ? [] : [row];
  });
}
