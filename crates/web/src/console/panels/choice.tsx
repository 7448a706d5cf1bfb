// A drop-down over a dictionary of names.

interface Props {
  label: string;
  values: Record<string, string>;
  value: string;
  onChange(value: string): void;
}

export function Choice({ label, values, value, onChange }: Props) {
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {Object.entries(values).map(([key, name]) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </select>
  );
}
