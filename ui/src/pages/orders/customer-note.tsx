import { Alert, Anchor } from '@mantine/core';
import { IconUserOff } from '@tabler/icons-react';
import { Link } from 'react-router';
import { useRead } from '@/api/hooks';
import type { Customer } from '@/api/types/order';

/** Says that nothing of an order opens because its customer is kept out. */
export function CustomerNote({ id }: { id: string }) {
  const { data } = useRead<Customer>(`/customers/${id}`, undefined, { title: 'Its customer', enabled: id !== '' });
  if (!data?.deactivated_at) return null;
  return (
    <Alert color="red" variant="light" icon={<IconUserOff size={18} />} mb="md" title="The customer is deactivated">
      Nothing of this order can be fetched, whatever stands below.{' '}
      <Anchor component={Link} to={`/customers/${id}`} inherit underline="always">
        Reactivate them
      </Anchor>{' '}
      to give it back.
    </Alert>
  );
}
