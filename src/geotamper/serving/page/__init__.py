"""The web page of the service: templates, style sheets and modules without a build step."""
