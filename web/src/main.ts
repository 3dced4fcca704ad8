import { createPinia } from 'pinia';
import { createApp } from 'vue';
import { createRouter, createWebHistory } from 'vue-router';
import App from '@/App.vue';
import { guard } from '@/guard';
import { i18n, rememberedLocale, setLocale } from '@/i18n/texts';
import { routes } from '@/routes';
import '@/ui/tokens.css';

setLocale(rememberedLocale());
const app = createApp(App);
const router = createRouter({ history: createWebHistory(), routes });
app.use(createPinia());
app.use(i18n);
guard(router);
app.use(router);
app.mount('#app');
