/** The default theme, with the two live experiments as components, loaded where they are shown. */
import { defineAsyncComponent } from 'vue'
import type { Theme } from 'vitepress'
import DefaultTheme from 'vitepress/theme'
import './style.css'

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => {
    app.component('LiveMoons', defineAsyncComponent(() => import('./live/LiveMoons.vue')))
    app.component('LiveDigit', defineAsyncComponent(() => import('./live/LiveDigit.vue')))
  }
} satisfies Theme
