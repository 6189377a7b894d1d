// What the tests know of the demo shop.

/** One page of every kind; each carries the tags of Google and Meta. */
export const PAGES = [
  '/', '/dekk', '/dekk?sort=pris', '/felger', '/dekk/nordgrip-tindra-3', '/sok?q=205', '/handlekurv', '/kasse', '/takk',
  '/login', '/guide/vinterdekk', '/om-oss', '/personvern', '/en/',
];

/** Cookies the shop cannot do without, and the one that keeps the answer. */
export const NECESSARY_COOKIES = ['cart_id', 'consentry', 'session'];

/** Hosts the checkout cannot do without. */
export const PAYMENT_HOSTS = ['checkout.vipps.no', 'x.klarnacdn.net'];

/** Cookies of the tags, as the shop's server and the tags themselves set them. */
export const TAG_COOKIES = ['_fbp', '_ga', '_ga_FJ0RDHJUL1', '_gcl_au'];
