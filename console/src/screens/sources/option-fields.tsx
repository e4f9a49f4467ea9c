/** Fields made from an engine's JSON schema: the console knows no engine's options by heart. */
import { NumberInput, Select, Stack, Switch, TextInput } from '@mantine/core';
import type { OptionValue } from './draft.ts';

interface PropertySchema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: OptionValue;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}

type Options = Readonly<Record<string, OptionValue>>;

interface OptionFieldsProps {
  /** JSON schema of an object, as `GET /engines` answers it. */
  readonly schema: Readonly<Record<string, unknown>> | undefined;
  readonly value: Options;
  readonly onChange: (value: Options) => void;
}

/** One field a property, with its default said. An option that was cleared is left to the engine. */
export function OptionFields({ schema, value, onChange }: OptionFieldsProps) {
  const properties = Object.entries((schema?.properties ?? {}) as Record<string, PropertySchema>);
  const set = (name: string, next: OptionValue | undefined): void => {
    const { [name]: _old, ...rest } = value;
    onChange(next === undefined ? rest : { ...rest, [name]: next });
  };
  return (
    <Stack gap="sm">
      {properties.map(([name, property]) => (
        <OptionField
          key={name}
          name={name}
          property={property}
          value={value[name]}
          onChange={(next) => set(name, next)}
        />
      ))}
    </Stack>
  );
}

interface OptionFieldProps {
  readonly name: string;
  readonly property: PropertySchema;
  readonly value: OptionValue | undefined;
  readonly onChange: (value: OptionValue | undefined) => void;
}

function OptionField({ name, property, value, onChange }: OptionFieldProps) {
  const { type, title, description, enum: choices, minimum, maximum, maxLength } = property;
  const fallback = property.default;
  const common = { label: title ?? name, description };
  const placeholder = fallback === undefined ? undefined : `${fallback} unless said`;
  if (type === 'boolean') {
    return (
      <Switch
        {...common}
        checked={value === undefined ? fallback === true : value === true}
        onChange={(event) => {
          const { checked } = event.currentTarget;
          onChange(checked === (fallback === true) ? undefined : checked);
        }}
      />
    );
  }
  if (type === 'integer' || type === 'number') {
    return (
      <NumberInput
        {...common}
        placeholder={placeholder}
        value={typeof value === 'number' ? value : ''}
        min={minimum}
        max={maximum}
        allowDecimal={type === 'number'}
        onChange={(next) => onChange(typeof next === 'number' ? next : undefined)}
      />
    );
  }
  if (choices !== undefined) {
    return (
      <Select
        {...common}
        placeholder={placeholder ?? 'Agreed with the server'}
        clearable
        data={[...choices]}
        value={typeof value === 'string' ? value : null}
        onChange={(next) => onChange(next ?? undefined)}
      />
    );
  }
  return (
    <TextInput
      {...common}
      placeholder={placeholder}
      value={typeof value === 'string' ? value : ''}
      maxLength={maxLength}
      onChange={(event) => onChange(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
    />
  );
}
