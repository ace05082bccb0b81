import { Button } from '@mantine/core';
import { IconCompass } from '@tabler/icons-react';
import { Link } from 'react-router';
import { EmptyState, PageHeader } from '@/parts';

export default function NotFound() {
  return (
    <>
      <PageHeader title="No such page" withoutCalls />
      <div className="card">
        <EmptyState icon={IconCompass} title="There is nothing at this address" action={<Button component={Link} to="/">To Today</Button>}>
          It may have been mistyped, or the page has moved. The palette finds every page by name.
        </EmptyState>
      </div>
    </>
  );
}
