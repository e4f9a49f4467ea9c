import type { Engine } from '@headgate/client';
import { Radio, SimpleGrid, Text } from '@mantine/core';
import { EngineIcon } from '../../components/engine-icon.tsx';
import classes from './engine-tiles.module.css';

interface EngineTilesProps {
  readonly engines: readonly Engine[];
  readonly value: string;
  readonly onChange: (engine: string) => void;
}

/** The engines to choose from, one tile each. */
export function EngineTiles({ engines, value, onChange }: EngineTilesProps) {
  return (
    <Radio.Group value={value} onChange={onChange} label="Engine" required>
      <SimpleGrid cols={{ base: 2, sm: 3, xl: 5 }} spacing="sm" mt={6}>
        {engines.map((engine) => (
          <Radio.Card key={engine.id} value={engine.id} disabled={!engine.available} className={classes.tile}>
            <EngineIcon engine={engine.id} size={30} />
            <Text size="sm" fw={500} ta="left">
              {engine.title}
            </Text>
          </Radio.Card>
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}
