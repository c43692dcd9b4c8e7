"""Every address of the site, by the door it leads to."""

from django.contrib import admin
from django.urls import include, path

from config import views
from core.admin.autocomplete import autocomplete

handler404 = "config.views.not_found"
urlpatterns = [
    path("admin/autocomplete/", autocomplete, name="admin-autocomplete"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("config.api_router")),
    path("health/live", views.live, name="health-live"),
    path("health/ready", views.ready, name="health-ready"),
    path("", include("exchange.urls")),
    path("", include("pages.urls")),
]
