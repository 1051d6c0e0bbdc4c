// What is bundled for k6, which has no npm packages: mqtt-packet, its Buffer, and text conversions that run natively.
import { Buffer } from 'buffer/';
import encoding from 'k6/encoding';
import mqtt from 'mqtt-packet';

// By default every VU builds a table of 65,536 buffers first: a quarter of a second each.
mqtt.writeToStream.cacheNumbers = false;
