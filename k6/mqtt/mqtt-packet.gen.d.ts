export * from './bundle-entry.ts';
