/** The fields of a connection: where, as whom, how encrypted; and what the engine itself offers. */
import type { Engine } from '@headgate/client';
import { Accordion, Group, NumberInput, PasswordInput, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import type { DraftForm, TlsMode } from './draft.ts';
import { OptionFields } from './option-fields.tsx';

const tlsModes: readonly { value: TlsMode; label: string }[] = [
  { value: 'verify-full', label: 'verify-full: encrypted, certificate and name checked' },
  { value: 'verify-ca', label: 'verify-ca: encrypted, certificate checked' },
  { value: 'require', label: 'require: encrypted, nothing checked' },
  { value: 'prefer', label: 'prefer: encrypted when the server offers it' },
  { value: 'disable', label: 'disable: never encrypted' },
];

interface ConnectionFieldsProps {
  readonly form: DraftForm;
  readonly engine: Engine | undefined;
  /** A password is stored already: empty keeps it. */
  readonly storedPassword?: boolean;
}

export function ConnectionFields({ form, engine, storedPassword = false }: ConnectionFieldsProps) {
  return (
    <Stack gap="sm">
      <Group align="flex-start" grow preventGrowOverflow={false} gap="sm">
        <TextInput label="Host" required flex="1 1 240px" autoComplete="off" {...form.getInputProps('host')} />
        <NumberInput
          label="Port"
          flex="0 1 130px"
          min={1}
          max={65_535}
          allowDecimal={false}
          hideControls
          placeholder={engine?.defaultPort === undefined ? undefined : String(engine.defaultPort)}
          {...form.getInputProps('port')}
        />
      </Group>
      <Group align="flex-start" grow gap="sm">
        <TextInput
          label="Database"
          required={engine?.databaseRequired === true}
          autoComplete="off"
          {...form.getInputProps('database')}
        />
        <TextInput label="Schema" placeholder="The engine's default" {...form.getInputProps('schema')} />
      </Group>
      <Group align="flex-start" grow gap="sm">
        <TextInput label="User name" autoComplete="off" {...form.getInputProps('username')} />
        <PasswordField form={form} storedPassword={storedPassword} />
      </Group>
      <TlsFields form={form} />
      {engine?.optionsSchema && (
        <Accordion variant="separated" chevronPosition="left">
          <Accordion.Item value="options">
            <Accordion.Control>
              <Text size="sm">Options of {engine.title}</Text>
            </Accordion.Control>
            <Accordion.Panel>
              <OptionFields
                schema={engine.optionsSchema}
                value={form.values.options}
                onChange={(options) => form.setFieldValue('options', options)}
              />
            </Accordion.Panel>
          </Accordion.Item>
        </Accordion>
      )}
    </Stack>
  );
}

function PasswordField({ form, storedPassword }: { form: DraftForm; storedPassword: boolean }) {
  const fromUrl = form.values.url !== '' && form.values.password === '';
  const placeholder = fromUrl ? 'The one of the URL' : storedPassword ? 'Set; empty keeps it' : undefined;
  return (
    <PasswordInput
      label="Password"
      autoComplete="new-password"
      placeholder={placeholder}
      description={undefined}
      visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
      {...form.getInputProps('password')}
    />
  );
}

function TlsFields({ form }: { form: DraftForm }) {
  const pem = { autosize: true, minRows: 2, maxRows: 8, spellCheck: false };
  return (
    <>
      <Select
        label="Encryption (TLS)"
        placeholder="verify-full; on this machine itself prefer"
        clearable
        data={[...tlsModes]}
        {...form.getInputProps('tlsMode')}
        value={form.values.tlsMode === '' ? null : form.values.tlsMode}
        onChange={(mode) => form.setFieldValue('tlsMode', (mode ?? '') as TlsMode | '')}
      />
      <Accordion variant="separated" chevronPosition="left">
        <Accordion.Item value="certificates">
          <Accordion.Control>
            <Text size="sm">Certificates{form.values.ca === '' ? '' : ' (set)'}</Text>
          </Accordion.Control>
          <Accordion.Panel>
            <Stack gap="sm">
              <Textarea
                {...pem}
                label="Authority"
                description="PEM. Needed when the server's certificate comes from an authority of your own."
                {...form.getInputProps('ca')}
              />
              <Textarea {...pem} label="Client certificate" description="PEM." {...form.getInputProps('cert')} />
              <Textarea
                {...pem}
                label="Key of the client certificate"
                description="PEM; encrypted at rest and never shown again."
                {...form.getInputProps('key')}
              />
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
    </>
  );
}
