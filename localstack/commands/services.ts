// 'npm run services' is 'npm start -- --services-only'.
process.argv.splice(2, 0, '--services-only');
await import('./start.ts');
