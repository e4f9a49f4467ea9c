import { EmptyState } from '../../components/empty-state.tsx';
import { Screen } from '../../components/screen.tsx';

export function People() {
  return (
    <Screen title="People">
      <EmptyState title="Nothing to see here yet" />
    </Screen>
  );
}
