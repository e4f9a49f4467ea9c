import { EmptyState } from '../../components/empty-state.tsx';
import { Screen } from '../../components/screen.tsx';

export function Query() {
  return (
    <Screen title="Query">
      <EmptyState title="Nothing to see here yet" />
    </Screen>
  );
}
