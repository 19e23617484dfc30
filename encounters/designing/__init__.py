"""Templates made and changed in the browser: fields, form and print beside each other, versions, exchange as FHIR."""
