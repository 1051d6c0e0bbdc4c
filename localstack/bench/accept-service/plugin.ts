// A plug-in's file has to be in the folder of its service.
export { default } from '../../http/authorizer-plugin.ts';
