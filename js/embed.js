/**
 * At the foot of a page with the question and a placeholder, which is a document in a frame (banner/insert.rs): what is pressed
 * there is pressed in the page, and so sent as every answer is. Without it the form leads the page away and back.
 */
{
  const listen = ({ target }) => {
    // Other frames of the page's own have no such form, and the browser keeps others' to itself.
    const form = target.contentDocument?.forms["consentry-allow"];
    if (form)
      form.onsubmit = () => {
        const copy = form.cloneNode(true);
        copy.hidden = true;
        document.body.append(copy);
        copy.lastChild.click();
        return false;
      };
  };
  // A frame that is moved is loaded anew, and scripts put in others.
  document.addEventListener("load", listen, true);
  for (const target of document.querySelectorAll("iframe")) listen({ target });
}
