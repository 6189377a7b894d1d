// The shop's own script: remembers how you sort, and what you looked at last.
(function () {
  'use strict';
  var SORT = 'sort', SEEN = 'sist_sett', SEEN_MAX = 6;

  function read(key) { try { return localStorage.getItem(key); } catch (e) { return null; } }
  function write(key, value) { try { localStorage.setItem(key, value); } catch (e) { /* the shop works without */ } }

  var shelf = document.getElementById('hylle'), select = document.getElementById('sort');
  if (shelf && select) {
    var order = function (word) {
      var cards = Array.prototype.slice.call(shelf.children);
      if (word === 'navn') cards.sort(function (a, b) { return a.dataset.navn.localeCompare(b.dataset.navn, 'nb'); });
      else if (word === 'pris' || word === 'stoy') cards.sort(function (a, b) { return a.dataset[word] - b.dataset[word]; });
      else return;
      cards.forEach(function (card) { shelf.appendChild(card); });
    };
    var asked = new URLSearchParams(location.search).get('sort'), kept = read(SORT);
    if (asked) write(SORT, asked);
    else if (kept && kept !== select.value) { select.value = kept; order(kept); }
    select.addEventListener('change', function () {
      write(SORT, select.value);
      select.form.submit();
    });
  }

  var product = document.querySelector('.product[data-slug]');
  if (product) {
    var seen = (read(SEEN) || '').split(',').filter(function (slug) { return slug && slug !== product.dataset.slug; });
    seen.unshift(product.dataset.slug);
    write(SEEN, seen.slice(0, SEEN_MAX).join(','));
  }
})();
