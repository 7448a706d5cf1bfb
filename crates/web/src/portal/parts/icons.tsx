// Line icons, drawn for this project; they are decoration and hidden from screen readers.

const PATHS = {
  card: "M3 6h18v12H3zM3 10h18M7 15h4",
  house: "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
  child: "M12 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM6 22c0-6 2-9 6-9s6 3 6 9M9 17h6",
  school: "M2 9l10-5 10 5-10 5zM6 11v5c2 2 10 2 12 0v-5",
  heart: "M12 20S4 15 4 9a4 4 0 0 1 8-1 4 4 0 0 1 8 1c0 6-8 11-8 11z",
  shop: "M4 9h16l-1-5H5zM5 9v11h14V9M10 20v-6h4v6",
  wheel: "M5 16l1-5 2-4h8l2 4 1 5zM5 16v3h3v-3M16 16v3h3v-3M7 11h10",
  elder: "M10 7a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM10 7v8l-3 7M10 15l4 7M10 10l6 3v9",
  id: "M3 5h18v14H3zM8 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM5 16c1-3 5-3 6 0M14 9h5M14 13h5",
  fund: "M12 3v18M7 8c0-3 10-3 10 0M17 16c0 3-10 3-10 0M7 8c0 4 10 4 10 8",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c1-8 15-8 16 0",
  phone: "M5 3h4l2 5-3 2c1 3 3 5 6 6l2-3 5 2v4c-8 3-19-8-16-16z",
  alert: "M12 3l10 18H2zM12 10v5M12 18v.5",
  star: "M12 3l3 6 6 1-4 4 1 7-6-3-6 3 1-7-4-4 6-1z",
  info: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v6M12 7.500v.5",
  bell: "M6 17V10a6 6 0 0 1 12 0v7l2 2H4zM10 21h4",
  close: "M5 5l14 14M19 5L5 19",
  check: "M4 12l5 6L20 6",
  chevron: "M9 5l7 7-7 7",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
