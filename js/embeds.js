/** In place of embed.js, where made.js fetches it with what is for frames that scripts make: it is fetched for a placeholder in the markup, too. */
import(consentry.at + "choice.js?embeds").catch(() => {});
