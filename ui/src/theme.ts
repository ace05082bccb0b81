// The look: one accent, quiet neutrals, system fonts, and colours that pass
// AA on both schemes.
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const pine: MantineColorsTuple = ['#ecf7f3', '#d3ece4', '#a8d9ca', '#79c4ae', '#4fae94', '#2f987d', '#1a7f67', '#0f6a57', '#0b5546', '#073f34'];
const gray: MantineColorsTuple = ['#f8f8f6', '#f1f1ee', '#e6e6e2', '#d6d6d1', '#c2c2bc', '#9b9b95', '#6b6b66', '#52524e', '#37373a', '#1d1d20'];
const dark: MantineColorsTuple = ['#d8d9d6', '#b8bab7', '#a0a3a1', '#6f7472', '#414745', '#323836', '#262b2a', '#1b1f1e', '#151918', '#0f1211'];
const red: MantineColorsTuple = ['#fdf0ee', '#fadbd7', '#f4b5ad', '#ee8c80', '#e6685a', '#d94a3b', '#c4362a', '#a92a20', '#8a2018', '#67150f'];
const amber: MantineColorsTuple = ['#fff7e6', '#feebc5', '#fdd68a', '#fbbf50', '#f4a825', '#d98a0b', '#b36d05', '#8f5504', '#714304', '#533103'];
const blue: MantineColorsTuple = ['#eef4fd', '#dae7fa', '#b2cdf5', '#86b0ee', '#5e93e6', '#3f79db', '#2b63c4', '#204fa2', '#1a4086', '#122e62'];

// A dialog's title bar is no banner of the page.
const titleBar = { header: { role: 'presentation' } };

export const theme = createTheme({
  primaryColor: 'pine',
  primaryShade: { light: 7, dark: 6 },
  colors: { pine, gray, dark, red, amber, blue },
  white: '#ffffff',
  black: '#1b1d1c',
  fontFamily: 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  headings: {
    fontWeight: '640',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.25' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.35' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
  fontSizes: { xs: '0.75rem', sm: '0.875rem', md: '0.9375rem', lg: '1.0625rem', xl: '1.25rem' },
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '18px' },
  shadows: {
    xs: '0 1px 2px rgb(20 24 22 / 0.06)',
    sm: '0 1px 3px rgb(20 24 22 / 0.08), 0 1px 2px rgb(20 24 22 / 0.04)',
    md: '0 6px 20px -6px rgb(20 24 22 / 0.16)',
    lg: '0 16px 40px -12px rgb(20 24 22 / 0.22)',
    xl: '0 24px 64px -16px rgb(20 24 22 / 0.3)',
  },
  components: {
    Button: { defaultProps: { size: 'sm' }, styles: { root: { fontWeight: 580 } } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Paper: { defaultProps: { radius: 'lg' } },
    Modal: {
      defaultProps: { attributes: titleBar, radius: 'lg', centered: true, overlayProps: { backgroundOpacity: 0.45, blur: 2 }, closeButtonProps: { 'aria-label': 'Close' } },
      styles: { title: { fontWeight: 640, fontSize: '1.0625rem' } },
    },
    Drawer: {
      defaultProps: { attributes: titleBar, overlayProps: { backgroundOpacity: 0.35, blur: 1 }, closeButtonProps: { 'aria-label': 'Close' } },
      styles: { title: { fontWeight: 640, fontSize: '1.0625rem' } },
    },
    InputWrapper: { styles: { label: { fontWeight: 560, marginBottom: 4 }, description: { fontSize: '0.8125rem', marginBottom: 6 }, error: { fontSize: '0.8125rem' } } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true, events: { hover: true, focus: true, touch: false } } },
    Badge: { defaultProps: { variant: 'light', radius: 'sm' }, styles: { root: { textTransform: 'none', fontWeight: 580 } } },
    Anchor: { defaultProps: { underline: 'always' } },
    Notification: { defaultProps: { radius: 'md', withBorder: true, closeButtonProps: { 'aria-label': 'Close' } } },
    Select: { defaultProps: { allowDeselect: false, checkIconPosition: 'right' } },
  },
});

// Text and line colours that Mantine's own do not give enough contrast.
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#fbfbf9',
    '--mantine-color-dimmed': '#5d5f5b',
    '--mantine-color-placeholder': '#757772',
    '--mantine-color-error': '#b32c21',
    '--mantine-color-default-border': '#dededa',
    '--mantine-color-anchor': 'var(--mantine-color-pine-7)',
    '--mantine-color-pine-light-color': 'var(--mantine-color-pine-8)',
    '--mantine-color-red-light-color': 'var(--mantine-color-red-7)',
    '--mantine-color-amber-light-color': 'var(--mantine-color-amber-8)',
    '--mantine-color-blue-light-color': 'var(--mantine-color-blue-7)',
    '--mantine-color-gray-light-color': 'var(--mantine-color-gray-7)',
    '--mantine-color-red-outline': 'var(--mantine-color-red-7)',
    '--mantine-color-red-text': 'var(--mantine-color-red-7)',
    '--mantine-color-red-filled': 'var(--mantine-color-red-6)',
    '--surface': '#ffffff',
    '--surface-sunken': '#f4f4f1',
    '--line': '#e4e4df',
    '--line-strong': '#d0d0ca',
    '--hover': '#f5f5f2',
    '--tone-green': '#0b6b4f', '--tone-green-bg': '#e2f3ec',
    '--tone-amber': '#83500a', '--tone-amber-bg': '#fdf0d5',
    '--tone-red': '#a32319', '--tone-red-bg': '#fce8e5',
    '--tone-blue': '#1f4f9e', '--tone-blue-bg': '#e6effc',
    '--tone-gray': '#52544f', '--tone-gray-bg': '#eeeeea',
  },
  dark: {
    '--mantine-color-body': '#121514',
    '--mantine-color-text': '#e4e6e3',
    '--mantine-color-dimmed': '#a2a6a3',
    '--mantine-color-placeholder': '#8d928f',
    '--mantine-color-error': '#f49a8f',
    '--mantine-color-default': '#1d2221',
    '--mantine-color-default-hover': '#262c2a',
    '--mantine-color-default-border': '#363d3a',
    '--mantine-color-anchor': 'var(--mantine-color-pine-3)',
    '--mantine-color-pine-light-color': 'var(--mantine-color-pine-2)',
    '--mantine-color-red-light-color': 'var(--mantine-color-red-2)',
    '--mantine-color-amber-light-color': 'var(--mantine-color-amber-2)',
    '--mantine-color-blue-light-color': 'var(--mantine-color-blue-2)',
    '--mantine-color-gray-light-color': 'var(--mantine-color-gray-3)',
    '--mantine-color-red-outline': 'var(--mantine-color-red-3)',
    '--mantine-color-red-text': 'var(--mantine-color-red-3)',
    '--mantine-color-red-filled': 'var(--mantine-color-red-6)',
    '--surface': '#191d1c',
    '--surface-sunken': '#141817',
    '--line': '#2a302e',
    '--line-strong': '#3b433f',
    '--hover': '#202524',
    '--tone-green': '#83d6bb', '--tone-green-bg': '#123229',
    '--tone-amber': '#f3c069', '--tone-amber-bg': '#37280d',
    '--tone-red': '#f5a399', '--tone-red-bg': '#3e1a16',
    '--tone-blue': '#9cc0f7', '--tone-blue-bg': '#182a47',
    '--tone-gray': '#b5b9b6', '--tone-gray-bg': '#272d2b',
  },
});
