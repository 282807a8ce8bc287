import { MemoryObjectStore } from '../../src/store/memory-object-store.js';
import { objectStoreCompliance } from './store-compliance.js';

objectStoreCompliance('MemoryObjectStore', () => Promise.resolve(new MemoryObjectStore()));
