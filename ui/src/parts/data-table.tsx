import { Button, Skeleton, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconArrowsSort } from '@tabler/icons-react';
import type { KeyboardEvent, ReactNode } from 'react';
import { Link } from 'react-router';
import type { List } from '@/api/hooks';
import { ErrorPanel } from './error-panel';
import classes from './data-table.module.css';

export interface Column<T> {
  key: string;
  /** Empty for a column of buttons. */
  title: string;
  cell: (row: T) => ReactNode;
  align?: 'right';
  /** The server's name of the sort: `created_at` gives `created_at` and `-created_at`. */
  sort?: string;
  /** In cards (narrow screens): `title` heads the card, `aside` stands at its right, `plain` has no title before it, `hide` is left out. */
  card?: 'title' | 'aside' | 'plain' | 'hide';
  /** CSS width, for columns that shall not grow. */
  width?: string;
}

interface Props<T> {
  /** What the table lists, for those who do not see it. */
  label: string;
  columns: readonly Column<T>[];
  list: List<T> | { rows: readonly T[]; loading?: boolean };
  rowKey: (row: T) => string;
  /** Where a row leads: its first cell is the link, all of the row answers to it. */
  rowHref?: (row: T) => string;
  /** The row's link opens something beside the list, which stays where it is. */
  keepPlace?: boolean;
  /** Or what a row does. */
  onRow?: (row: T) => void;
  /** An EmptyState, when there is no row. */
  empty: ReactNode;
  sort?: string;
  onSort?: (sort: string) => void;
}

/** Rows in a card; below 48em each row is a card of its own. Arrow keys, j and k walk the rows. */
export function DataTable<T>({ label, columns, list, rowKey, rowHref, keepPlace, onRow, empty, sort, onSort }: Props<T>) {
  const full: Partial<List<T>> = 'loadMore' in list ? list : {};
  const { rows } = list;
  if (full.error && rows.length === 0) {
    return (
      <div className="card">
        <ErrorPanel error={full.error} {...(full.retry ? { retry: full.retry } : {})} />
      </div>
    );
  }
  if (!list.loading && rows.length === 0) return <div className="card">{empty}</div>;
  return (
    <div className={`card ${classes.wrap}`} aria-busy={list.loading || full.stale || undefined} data-stale={full.stale || undefined}>
      <table className={classes.table} role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((c) => (
              <HeadCell key={c.key} column={c} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup" onKeyDown={walk}>
          {list.loading
            ? Array.from({ length: 8 }, (_, i) => (
                <tr role="row" key={i}>
                  {columns.map((c, n) => (
                    <td role="cell" key={c.key} data-card={c.card}>
                      <Skeleton h={14} my={4} w={n === 0 ? '70%' : '50%'} />
                    </td>
                  ))}
                </tr>
              ))
            : rows.map((row) => (
                <tr role="row" key={rowKey(row)} data-link={rowHref || onRow ? true : undefined}>
                  {columns.map((c, n) => (
                    <td role="cell" key={c.key} data-align={c.align} data-card={c.card} data-title={c.title}>
                      {n > 0 ? c.cell(row) : <First row={row} href={rowHref} keepPlace={keepPlace} onRow={onRow} content={c.cell(row)} />}
                    </td>
                  ))}
                </tr>
              ))}
        </tbody>
      </table>
      {full.hasMore && (
        <div className={classes.more}>
          <Button variant="default" onClick={full.loadMore} loading={full.loadingMore ?? false}>
            Load more
          </Button>
        </div>
      )}
      {full.error && rows.length > 0 && <ErrorPanel error={full.error} {...(full.retry ? { retry: full.retry } : {})} />}
    </div>
  );
}

function First<T>({ row, href, keepPlace, onRow, content }: { row: T; href: Props<T>['rowHref']; keepPlace: boolean | undefined; onRow: Props<T>['onRow']; content: ReactNode }) {
  if (href) {
    return (
      <Link className={classes.link} data-row to={href(row)} preventScrollReset={keepPlace === true}>
        {content}
      </Link>
    );
  }
  if (onRow) {
    return (
      <UnstyledButton className={classes.link} data-row onClick={() => onRow(row)}>
        {content}
      </UnstyledButton>
    );
  }
  return <span className={classes.first}>{content}</span>;
}

function HeadCell<T>({ column: c, sort, onSort }: { column: Column<T>; sort: string | undefined; onSort: ((sort: string) => void) | undefined }) {
  const up = sort !== undefined && sort === c.sort;
  const down = sort !== undefined && sort === `-${c.sort}`;
  const Sign = up ? IconArrowUp : down ? IconArrowDown : IconArrowsSort;
  return (
    <th role="columnheader" scope="col" data-align={c.align} style={c.width ? { width: c.width } : undefined} aria-sort={up ? 'ascending' : down ? 'descending' : undefined}>
      {c.sort !== undefined && onSort ? (
        <UnstyledButton className={classes.sort} onClick={() => onSort(down ? c.sort! : `-${c.sort!}`)}>
          {c.title} <Sign size={13} aria-hidden />
        </UnstyledButton>
      ) : c.title === '' ? (
        <span className="visually-hidden">Actions</span>
      ) : (
        c.title
      )}
    </th>
  );
}

function walk(e: KeyboardEvent<HTMLElement>): void {
  const step = e.key === 'ArrowDown' || e.key === 'j' ? 1 : e.key === 'ArrowUp' || e.key === 'k' ? -1 : 0;
  if (step === 0 || e.target instanceof HTMLInputElement || e.ctrlKey || e.metaKey || e.altKey) return;
  const links = [...e.currentTarget.querySelectorAll<HTMLElement>('[data-row]')];
  const at = links.findIndex((l) => l.closest('tr') === (e.target as HTMLElement).closest('tr'));
  const next = links[at + step];
  if (at < 0 || next === undefined) return;
  e.preventDefault();
  next.focus();
}
