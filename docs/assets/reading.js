// What a reader does with a page, in place of the theme's script. What every page has comes with it, the
// rest where a page has something for it.
import "./reading/palette.js";
import "./reading/search.js";
import "./reading/menu.js";
import "./reading/contents.js";

const has = (css) => document.querySelector(css);
if (has("article pre > code")) import("./reading/copy.js");
if (has("[data-tabs]")) import("./reading/tabs.js");
if (has("article details")) import("./reading/fold.js");
if (has(".gd-filter")) import("./reading/filter.js");
if (has("article a[href^='http']")) import("./reading/paper.js");
import("./reading/wide.js");
